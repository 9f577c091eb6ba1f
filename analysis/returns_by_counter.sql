-- Of which counters do members bring back most? One row per counter, the largest share of the amount first.
with sold as (
    select counter_code, sum(amount) as amount from {{ ref('vip_info') }} group by counter_code
), returned as (
    select counter_code, round(sum(returned_amount), 2) as amount from {{ ref('member_returns') }}
    where is_of_counted_purchase and counter_code is not null group by counter_code
)

select returned.counter_code, coalesce(counter_name, returned.counter_code) as counter_name,
    coalesce(sold.amount, 0) as amount, returned.amount as returned_amount,
    round(100 * returned.amount / nullif(sold.amount, 0), 1) as percent_returned
from returned
left join sold on returned.counter_code = sold.counter_code
left join {{ ref('counters') }} as counters on returned.counter_code = counters.counter_code
order by percent_returned desc nulls last, returned.counter_code
