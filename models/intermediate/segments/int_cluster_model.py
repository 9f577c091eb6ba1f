import json

import pandas as pd

from segmentation.cluster_matching import matched_segments
from segmentation.clustering import FitSettings, fit_report, reused_model


def model(dbt, session):
    settings = dict(dbt.config.get("meta"))
    reuse = settings.pop("cluster_model") == "reuse"
    [(retailer, as_of)] = dbt.ref("int_as_of").project("retailer, as_of").fetchall()
    features = dbt.ref("int_buyer_features").order("card_id").df()

    previous = None
    if session.execute("from duckdb_tables() where schema_name = 'published_models'").fetchall():
        stored = session.execute("from work.published_models.cluster_model where retailer = ?", [retailer]).df()
        previous = stored if len(stored) else None
    if reuse and previous is not None:
        return reused_model(previous, settings["feature_names"])

    report = fit_report(features, FitSettings(**settings))
    if previous is not None:
        report = pd.concat([report, matched_segments(report, previous)])
    return report.assign(trained_as_of=as_of, settings=json.dumps(settings, sort_keys=True))
