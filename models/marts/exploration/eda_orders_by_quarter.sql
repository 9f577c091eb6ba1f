with days as (
    select * from {{ ref('int_days') }}
),

-- Divided by the days with trade, so that gaps in the data favour no quarter.
quarters as (
    select
        cast(quarter(day) as integer) as quarter,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        count(*) as trading_days,
        cast(sum(orders) as double) / count(*) as orders_per_trading_day
    from days
    group by quarter
)

select * from quarters
order by quarter
