from segmentation.fits import forecasts


def model(dbt, session):
    return forecasts(
        dbt.ref("int_clv_buyers").order("sample, card_id").df(),
        dbt.ref("int_clv_models").df(),
        dbt.ref("int_clv_horizons").order("sample, horizon_days").df(),
    )
