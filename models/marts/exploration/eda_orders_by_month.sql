with days as (
    select * from {{ ref('int_days') }}
),

months as (
    select
        cast(date_trunc('month', day) as date) as period_start,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        count(*) as trading_days
    from days
    group by period_start
)

select * from months
order by period_start
