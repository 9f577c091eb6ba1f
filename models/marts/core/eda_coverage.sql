with days as (
    select * from {{ ref('int_days') }}
),

months as (
    select cast(unnest(generate_series(
        date_trunc('month', min(day)), date_trunc('month', max(day)), interval 1 month
    )) as date) as month_start
    from days
),

trade as (
    select
        cast(date_trunc('month', day) as date) as month_start,
        count(*) as trading_days,
        sum(orders) as orders
    from days
    group by all
),

filled as (
    select
        months.month_start,
        cast(dayofmonth(last_day(months.month_start)) as integer) as calendar_days,
        coalesce(trade.trading_days, 0) as trading_days,
        cast(coalesce(trade.orders, 0) as bigint) as orders
    from months
    left join trade on months.month_start = trade.month_start
),

-- A month with trade on every day but hardly any orders is a hole in the data too.
compared as (
    select
        *,
        median(orders / calendar_days) filter (where trading_days > 0) over () as usual_orders_per_day
    from filled
),

coverage as (
    select
        month_start,
        calendar_days,
        trading_days,
        orders,
        case
            when trading_days = 0 then 'missing'
            when trading_days < {{ var('complete_month_share_of_days') }} * calendar_days then 'partial'
            when orders / calendar_days < {{ var('complete_month_share_of_orders') }} * usual_orders_per_day
                then 'partial'
            else 'complete'
        end as status
    from compared
)

select * from coverage
order by month_start
