with forecasts as (
    select * from {{ ref('int_clv_forecasts') }}
    where sample = 'all'
),

winners as (
    select * from {{ ref('clv_check') }}
    where is_best
),

predictions as (
    select * from {{ ref('member_expected_purchases') }}
    where horizon_days = {{ var('next_steps_horizon_days') }}
),

best as (
    select
        forecasts.card_id,
        max(forecasts.expected) filter (where forecasts.quantity = 'purchases') as expected_purchases,
        max(forecasts.method) filter (where forecasts.quantity = 'purchases') as purchases_method,
        max(forecasts.expected) filter (where forecasts.quantity = 'amount') as expected_value,
        max(forecasts.method) filter (where forecasts.quantity = 'amount') as value_method
    from forecasts
    inner join winners on forecasts.quantity = winners.quantity and forecasts.method = winners.method
    group by forecasts.card_id
),

-- Every buyer has a row, though too few data give no forecast. What one purchase is worth, the model says alone.
with_model as (
    select
        predictions.card_id,
        predictions.horizon_days,
        predictions.p_alive,
        best.expected_purchases,
        best.purchases_method,
        case when best.purchases_method = 'model' and best.value_method = 'model' then predictions.purchase_value end
            as purchase_value,
        best.expected_value,
        best.value_method
    from predictions
    left join best on predictions.card_id = best.card_id
)

select * from with_model
