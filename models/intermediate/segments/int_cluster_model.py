from segmentation.clustering import fit_report


def model(dbt, session):
    settings = dbt.config.get("meta")
    features = dbt.ref("int_buyer_features").order("card_id").df()
    return fit_report(
        features,
        feature_names=settings["features"],
        scalings=settings["scalings"],
        log_features=settings["log_features"],
        n_clusters=settings["n_clusters"],
        seed=settings["seed"],
    )
