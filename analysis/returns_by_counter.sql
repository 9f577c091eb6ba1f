-- Of which counters do members bring back most? One row per counter with what counts, the largest share of it first.
with sold as (
    select
        counter_code,
        sum(amount) as amount
    from {{ ref('vip_info') }}
    group by counter_code
),

returned as (
    select
        counter_code,
        sum(returned_amount) as returned_amount
    from {{ ref('member_returns') }}
    where is_of_counted_purchase
    group by counter_code
)

select
    counters.counter_code,
    counters.counter_name,
    sold.amount,
    returned.returned_amount,
    round(100 * returned.returned_amount / nullif(sold.amount, 0), 1) as percent_returned
from {{ ref('counters') }} as counters
inner join sold on counters.counter_code = sold.counter_code
inner join returned on counters.counter_code = returned.counter_code
order by percent_returned desc nulls last, counters.counter_code
