from pathlib import Path

from segmentation.raw import landing_file, raw_table_or_problem


def model(dbt, session):
    meta = dbt.config.get("meta")
    path = landing_file(Path(meta["warehouse"]), "sales_lines")
    return raw_table_or_problem(session, "sales_lines", meta["retailer"], Path(meta["raw_data_dir"]), path)
