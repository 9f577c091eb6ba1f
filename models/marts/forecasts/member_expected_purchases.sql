with predictions as (
    select * from {{ ref('int_clv_predictions') }}
    where sample = 'all'
),

expected as (
    select
        card_id,
        horizon_days,
        p_alive,
        expected_purchases,
        purchase_value,
        expected_purchases * purchase_value as expected_value,
        discounted_purchases * purchase_value as discounted_value
    from predictions
)

select * from expected
order by card_id, horizon_days
