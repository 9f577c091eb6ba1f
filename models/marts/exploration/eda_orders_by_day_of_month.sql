with days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

-- By the days with trade of complete months: gaps in the data favour no day, nor do the few sales at their edges.
days_of_month as (
    select
        cast(day(days.day) as integer) as day_of_month,
        cast(sum(days.orders) as bigint) as orders,
        cast(sum(days.amount) as decimal(18, 2)) as amount,
        count(*) as trading_days,
        cast(sum(days.orders) filter (where coverage.status = 'complete') as double)
        / nullif(count(*) filter (where coverage.status = 'complete'), 0) as orders_per_trading_day
    from days
    left join coverage on date_trunc('month', days.day) = coverage.month_start
    group by day_of_month
)

select * from days_of_month
order by day_of_month
