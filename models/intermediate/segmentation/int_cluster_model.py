import json

import pandas as pd

from segmentation.clustering import FitSettings, fit_report, reused_model
from segmentation.processes import call_apart


def model(dbt, session):
    settings = dict(dbt.config.get("meta"))
    reuse = settings.pop("cluster_model") == "reuse"
    [(retailer,)] = dbt.ref("raw_retailer").project("retailer").fetchall()
    [(as_of,)] = dbt.ref("int_as_of").project("as_of").fetchall()
    features = dbt.ref("lrfmpsx").order("card_id").df()

    previous = None
    if session.execute("from duckdb_tables() where schema_name = 'published_models'").fetchall():
        stored = session.execute("from work.published_models.cluster_model where retailer = ?", [retailer]).df()
        previous = stored if len(stored) else None
    if reuse and previous is not None:
        return reused_model(previous, settings["feature_names"])

    report = fit_report(features, FitSettings(**settings))
    if previous is not None:
        matches = call_apart("segmentation.cluster_matching.matched_segments", report, previous)
        report = pd.concat([report, matches])
    return report.assign(trained_as_of=as_of, settings=json.dumps(settings, sort_keys=True))
