from segmentation.raw import raw_retailer


def model(dbt, session):
    meta = dbt.config.get("meta")
    return raw_retailer(meta["retailer"])
