from pathlib import Path

from segmentation.processes import result
from segmentation.raw import raw_columns


def model(dbt, session):
    meta = dbt.config.get("meta")
    return result(raw_columns, meta["retailer"], Path(meta["raw_data_dir"]))
