import json
from pathlib import Path

import pandas as pd

from segmentation.cluster_matching import matched_segments
from segmentation.clustering import FitSettings, fit_report, reused_model
from segmentation.publication import published_model


def model(dbt, session):
    settings = dict(dbt.config.get("meta"))
    reuse = settings.pop("cluster_model") == "reuse"
    warehouse = Path(settings.pop("warehouse"))
    [(retailer, as_of)] = dbt.ref("int_as_of").project("retailer, as_of").fetchall()
    features = dbt.ref("lrfmpsx").order("card_id").df()

    previous = published_model(warehouse, retailer)
    if reuse and previous is not None:
        return reused_model(previous, settings["feature_names"])

    report = fit_report(features, FitSettings(**settings))
    if previous is not None:
        report = pd.concat([report, matched_segments(report, previous)])
    return report.assign(trained_as_of=as_of, settings=json.dumps(settings, sort_keys=True))
