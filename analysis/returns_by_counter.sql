-- Of which counters do members bring back most? One row per counter, the largest share of the amount first.
with sold as (
    select counter_code, sum(amount) as amount from {{ ref('vip_info') }} group by counter_code
)

select
    returns.counter_code,
    max(returns.counter_name) as counter_name,
    sold.amount,
    round(sum(returns.returned_amount), 2) as returned_amount,
    round(100 * sum(returns.returned_amount) / nullif(sold.amount, 0), 1) as percent_returned
from {{ ref('member_returns') }} as returns
inner join sold on returns.counter_code = sold.counter_code and returns.is_of_counted_purchase
group by returns.counter_code, sold.amount
order by percent_returned desc nulls last, returns.counter_code
