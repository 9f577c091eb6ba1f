-- How much of what the marts tell of members rests on gaps? One row per month that is not complete.
select
    month_start,
    status,
    calendar_days,
    trading_days,
    round(usual_trading_days, 1) as usual_trading_days,
    orders
from {{ ref('eda_coverage') }}
where status <> 'complete'
order by month_start
