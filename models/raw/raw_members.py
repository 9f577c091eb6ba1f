from pathlib import Path

from segmentation.raw import landing_file, raw_table_or_problem


def model(dbt, session):
    meta = dbt.config.get("meta")
    path = landing_file(Path(meta["warehouse"]), "members")
    return raw_table_or_problem(session, "members", meta["retailer"], Path(meta["raw_data_dir"]), path)
