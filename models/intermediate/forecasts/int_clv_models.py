from segmentation.fits import forecast_models


def model(dbt, session):
    settings = dbt.config.get("meta")
    buyers = dbt.ref("int_clv_buyers").order("sample, card_id")
    return forecast_models(
        # An enum comes as small numbers, where a text of each row would take more memory than all the rest.
        buyers.project(
            "cast(sample as enum ('all', 'calibration')) as sample, frequency, recency, age, window_weeks, mean_value"
        ).df(),
        dbt.ref("int_clv_horizons").order("sample, horizon_days").df(),
        minimum_repeat_buyers=settings["minimum_repeat_buyers"],
        minimum_weeks=settings["minimum_days"] / 7,
        maximum_rank_correlation=settings["maximum_rank_correlation"],
    )
