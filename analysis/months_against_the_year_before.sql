-- Do members order more in a month than a year before, per day with trade, both complete? One row per month.
select
    now.month_start,
    now.orders,
    before.orders as orders_year_before,
    round(100.0 * (now.orders / now.trading_days) / nullif(before.orders / before.trading_days, 0) - 100, 1)
        as percent_change_per_day
from {{ ref('eda_coverage') }} as now
inner join {{ ref('eda_coverage') }} as before on now.month_start - interval 1 year = before.month_start
where now.status = 'complete' and before.status = 'complete'
order by now.month_start desc
