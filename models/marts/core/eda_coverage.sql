with days as (
    select * from {{ ref('int_calendar_days') }}
),

months as (
    select
        month_start,
        calendar_days,
        trading_days,
        orders,
        usual_orders_per_day * calendar_days as usual_orders,
        bool_and(is_gap) as is_all_gap,
        sum(chance_of_trade {{ in_order('day') }}) as usual_trading_days,
        coalesce(sum(chance_of_trade {{ in_order('day') }}) filter (where is_gap), 0) as lacking_trading_days,
        count(*) over () as months
    from days
    group by month_start, calendar_days, trading_days, orders, usual_orders_per_day
),

-- Measured by the shop's own rhythm. A month with trade but hardly any orders is a hole in the data too, unless so few
-- are likely where orders are few.
coverage as (
    select
        month_start,
        calendar_days,
        trading_days,
        usual_trading_days,
        orders,
        case
            when is_all_gap then 'missing'
            when lacking_trading_days > (1 - {{ var('complete_month_share_of_days') }}) * usual_trading_days
                then 'partial'
            when
                orders < {{ var('complete_month_share_of_orders') }} * usual_orders
                and trading_days > 0
                and months * {{ poisson_tail_bound('orders', 'usual_orders') }} < {{ var('chance_level') }}
                then 'partial'
            else 'complete'
        end as status
    from months
)

select * from coverage
order by month_start
