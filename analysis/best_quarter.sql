-- Which quarter is the strongest, per day with trade of complete months? One row per quarter, the strongest first.
select
    quarter,
    orders,
    trading_days,
    round(orders_per_trading_day, 1) as orders_per_trading_day
from {{ ref('eda_orders_by_quarter') }}
order by orders_per_trading_day desc nulls last, quarter
