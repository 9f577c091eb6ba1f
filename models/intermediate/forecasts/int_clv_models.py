from segmentation.fits import forecast_models


def model(dbt, session):
    settings = dbt.config.get("meta")
    return forecast_models(
        dbt.ref("int_clv_buyers").order("sample, card_id").df(),
        dbt.ref("int_clv_horizons").order("sample, horizon_days").df(),
        minimum_repeat_buyers=settings["minimum_repeat_buyers"],
        minimum_weeks=settings["minimum_days"] / 7,
        maximum_rank_correlation=settings["maximum_rank_correlation"],
    )
