with days as (
    select * from {{ ref('int_days') }}
),

days_of_month as (
    select
        cast(year(day) as integer) as year,
        cast(dayofmonth(day) as integer) as day_of_month,
        cast(sum(orders) as bigint) as orders,
        count(*) as trading_days,
        cast(sum(orders) as double) / count(*) as orders_per_trading_day
    from days
    group by all
)

select * from days_of_month
order by year, day_of_month
