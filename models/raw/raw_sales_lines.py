from pathlib import Path

from segmentation.raw import raw_table_or_problem


def model(dbt, session):
    meta = dbt.config.get("meta")
    raw_dir, warehouse = Path(meta["raw_data_dir"]), Path(meta["warehouse"])
    return raw_table_or_problem(session, "sales_lines", meta["retailer"], raw_dir, warehouse)
