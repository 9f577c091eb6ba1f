with days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

with_coverage as (
    select
        days.*,
        coalesce(coverage.status = 'complete', false) as is_in_complete_month
    from days
    left join coverage on date_trunc('month', days.day) = coverage.month_start
),

-- By the days with trade of complete months: gaps in the data favour no quarter, nor do the few sales at their edges.
quarters as (
    select
        cast(quarter(day) as integer) as quarter,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        count(*) as trading_days,
        cast(sum(orders) filter (where is_in_complete_month) as double)
        / nullif(count(*) filter (where is_in_complete_month), 0) as orders_per_trading_day
    from with_coverage
    group by quarter
)

select * from quarters
order by quarter
