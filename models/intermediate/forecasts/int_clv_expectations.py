from segmentation.fits import expectations


def model(dbt, session):
    return expectations(
        dbt.ref("int_clv_buyers").project("sample, frequency, recency, age").distinct().order("all").df(),
        dbt.ref("int_clv_models").df(),
        dbt.ref("int_clv_horizons").order("sample, horizon_days").df(),
    )
