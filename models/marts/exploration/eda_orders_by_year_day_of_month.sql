with days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

-- By the days with trade of complete months, as for all years together.
days_of_month as (
    select
        cast(year(days.day) as integer) as year,
        cast(dayofmonth(days.day) as integer) as day_of_month,
        cast(sum(days.orders) as bigint) as orders,
        count(*) as trading_days,
        cast(sum(days.orders) filter (where coverage.status = 'complete') as double)
        / nullif(count(*) filter (where coverage.status = 'complete'), 0) as orders_per_trading_day
    from days
    left join coverage on date_trunc('month', days.day) = coverage.month_start
    group by all
)

select * from days_of_month
order by year, day_of_month
