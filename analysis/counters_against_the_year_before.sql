-- Which counters grow with members, over the same complete months a year before? One row per counter.
with months as (
    select now.month_start from {{ ref('eda_coverage') }} as now
    inner join {{ ref('eda_coverage') }} as before on now.month_start - interval 1 year = before.month_start
    where now.status = 'complete' and before.status = 'complete' order by now.month_start desc limit 12
), sales as (
    select counter_code, sum(amount) filter (where month in (select month_start from months)) as amount,
        sum(amount) filter (where month + interval 1 year in (select month_start from months)) as amount_year_before
    from (select *, date_trunc('month', purchased_at) as month from {{ ref('vip_info') }}) as lines
    group by counter_code
) select counters.counter_code, counter_name, amount, amount_year_before,
    round(100 * amount / nullif(amount_year_before, 0) - 100, 1) as percent_change
from sales inner join {{ ref('counters') }} as counters on sales.counter_code = counters.counter_code
where amount > 0 or amount_year_before > 0 order by amount desc nulls last, counters.counter_code
