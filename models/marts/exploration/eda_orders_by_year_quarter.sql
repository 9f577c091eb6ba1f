with days as (
    select * from {{ ref('int_days') }}
),

quarters as (
    select
        cast(date_trunc('quarter', day) as date) as period_start,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        count(*) as trading_days
    from days
    group by period_start
)

select * from quarters
order by period_start
