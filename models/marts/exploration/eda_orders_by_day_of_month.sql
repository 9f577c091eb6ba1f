with days as (
    select * from {{ ref('int_days') }}
),

-- Divided by the days with trade, so that gaps in the data favour no day.
days_of_month as (
    select
        cast(day(day) as integer) as day_of_month,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        count(*) as trading_days,
        cast(sum(orders) as double) / count(*) as orders_per_trading_day
    from days
    group by day_of_month
)

select * from days_of_month
order by day_of_month
