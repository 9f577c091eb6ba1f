-- In which quarter do members buy most, per day with trade of complete months? One row per quarter, the best first.
select
    quarter,
    round(orders_per_trading_day, 1) as orders_per_trading_day
from {{ ref('eda_orders_by_quarter') }}
order by orders_per_trading_day desc nulls last, quarter
