-- Of which counters do members bring back most? One row per counter, the largest share of the amount first.
select
    sold.counter_code,
    sold.counter_name,
    sold.amount,
    round(sum(returns.returned_amount), 2) as returned_amount,
    round(100 * sum(returns.returned_amount) / sold.amount, 1) as percent_returned
from {{ ref('counter_comparison') }} as sold
inner join {{ ref('member_returns') }} as returns on sold.counter_code = returns.counter_code
where sold.customer_type = 'member'
group by sold.counter_code, sold.counter_name, sold.amount
order by percent_returned desc, sold.counter_code
