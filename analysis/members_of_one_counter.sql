-- How many buyers know one counter only, and what do those spend who know more? One row per number of counters.
with buyers as (
    select card_id, count(distinct counter_code) as counters, sum(amount) as amount, count(distinct order_id) as orders
    from {{ ref('vip_info') }}
    where counter_code is not null
    group by card_id
)

select
    counters,
    count(*) as buyers,
    round(avg(orders), 1) as orders_per_buyer,
    round(avg(amount), 2) as amount_per_buyer
from buyers
group by counters
order by counters
