from segmentation.raw import raw_codes


def model(dbt, session):
    meta = dbt.config.get("meta")
    return raw_codes(meta["retailer"])
