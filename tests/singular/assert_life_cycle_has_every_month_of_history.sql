-- A buyer of the history at the end of a month is in a state of the life cycle then.
with history as (
    select * from {{ ref('member_history') }}
),

life_cycle as (
    select * from {{ ref('member_life_cycle_months') }}
)

select
    history.card_id,
    history.month_start
from history
left join life_cycle on history.card_id = life_cycle.card_id and history.month_start = life_cycle.month_start
where life_cycle.card_id is null
