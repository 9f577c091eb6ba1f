from segmentation.clv import predict


def model(dbt, session):
    return predict(
        dbt.ref("int_clv_buyers").order("sample, card_id").df(),
        dbt.ref("int_clv_models").df(),
        dbt.ref("int_clv_horizons").order("sample, horizon_days").df(),
    )
