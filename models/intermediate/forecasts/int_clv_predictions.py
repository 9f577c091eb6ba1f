from segmentation.processes import call_apart


def model(dbt, session):
    return call_apart(
        "segmentation.clv.predict",
        dbt.ref("int_clv_customers").order("sample, card_id").df(),
        dbt.ref("int_clv_models").df(),
        dbt.ref("int_clv_horizons").order("sample, horizon_days").df(),
    )
