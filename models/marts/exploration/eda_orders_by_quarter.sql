with days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

-- By the days with trade of complete months: gaps in the data favour no quarter, nor do the few sales at their edges.
quarters as (
    select
        cast(quarter(days.day) as integer) as quarter,
        cast(sum(days.orders) as bigint) as orders,
        cast(sum(days.amount) as decimal(18, 2)) as amount,
        count(*) as trading_days,
        cast(sum(days.orders) filter (where coverage.status = 'complete') as double)
        / nullif(count(*) filter (where coverage.status = 'complete'), 0) as orders_per_trading_day
    from days
    left join coverage on date_trunc('month', days.day) = coverage.month_start
    group by quarter
)

select * from quarters
order by quarter
