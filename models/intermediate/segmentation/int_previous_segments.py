from pathlib import Path

from segmentation.fits import previous_segments
from segmentation.publication import published_model


def model(dbt, session):
    settings = dbt.config.get("meta")
    [(retailer,)] = dbt.ref("int_as_of").project("retailer").fetchall()
    published = published_model(Path(settings["published"]), retailer)
    return previous_segments(dbt.ref("int_cluster_model").df(), published)
