with predictions as (
    select * from {{ ref('int_clv_predictions') }}
    where sample = 'all'
)

select
    card_id,
    horizon_days,
    p_alive,
    expected_purchases,
    purchase_value,
    expected_purchases * purchase_value as expected_value
from predictions
order by card_id, horizon_days
