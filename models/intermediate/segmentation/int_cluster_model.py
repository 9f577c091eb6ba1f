import json
from pathlib import Path

from segmentation.clustering import FitSettings, reused_model
from segmentation.fits import cluster_report
from segmentation.publication import published_model


def model(dbt, session):
    settings = dict(dbt.config.get("meta"))
    reused = settings.pop("published")
    [(retailer, as_of)] = dbt.ref("int_as_of").project("retailer, as_of").fetchall()
    features = dbt.ref("lrfmpsx").order("card_id").project(", ".join(settings["feature_names"])).df()

    stored = published_model(Path(reused), retailer) if reused else None
    if stored is not None:
        return reused_model(stored, settings["feature_names"])

    report = cluster_report(features, FitSettings(**settings))
    return report.assign(trained_as_of=as_of, settings=json.dumps(settings, sort_keys=True))
