with months as (
    select * from {{ ref('int_life_cycle_months') }}
)

select
    card_id,
    month_start,
    state,
    purchase_days,
    silent_days,
    has_bought
from months
order by card_id, month_start
