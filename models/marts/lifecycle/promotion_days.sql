with activation_days as (
    select * from {{ ref('int_activation_days') }}
),

sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where customer_type = 'member'
),

discount_days as (
    select
        cast(purchased_at as date) as day,
        avg(cast(is_discounted as integer)) as discount_share,
        count(is_discounted) as recorded_lines
    from sold_lines
    group by cast(purchased_at as date)
),

-- Returning members are left out of the orders by which a day is chosen, so that the choice does not favour them.
signals as (
    select
        activation_days.*,
        {{ weekday_of('activation_days.day') }} as weekday,
        ln(greatest(activation_days.other_orders, 0.5)) as log_orders,
        discount_days.discount_share,
        discount_days.recorded_lines,
        count(*) over (partition by activation_days.month_start) >= {{ var('promotion_minimum_days_of_month') }}
            as is_judged
    from activation_days
    left join discount_days on activation_days.day = discount_days.day
),

month_levels as (
    select
        *,
        median(log_orders) over (partition by month_start) as month_orders,
        median(discount_share) over (partition by month_start) as month_discount
    from signals
    where is_judged
),

weekday_levels as (
    select
        *,
        month_orders + median(log_orders - month_orders) over (partition by weekday) as usual_log_orders,
        month_discount + median(discount_share - month_discount) over (partition by weekday) as usual_discount_share
    from month_levels
),

deviations as (
    select
        *,
        log_orders - usual_log_orders as orders_deviation,
        discount_share - usual_discount_share as discount_deviation
    from weekday_levels
),

-- Mean and deviation would be pulled by the very days that are sought; medians are not.
centered as (
    select
        *,
        orders_deviation - median(orders_deviation) over () as orders_distance,
        discount_deviation - median(discount_deviation) over () as discount_distance
    from deviations
),

scored as (
    select
        *,
        1.4826 * median(abs(orders_distance)) over () as orders_spread,
        1.4826 * median(abs(discount_distance)) over () as discount_spread,
        count(*) over () as judged_days,
        exp(usual_log_orders) as usual_orders,
        recorded_lines * discount_share as bargains,
        greatest(recorded_lines * usual_discount_share, 0.5) as usual_bargains
    from centered
),

judged as (
    select
        signals.day,
        signals.month_start,
        cast(signals.weekday as integer) as weekday,
        cast(signals.other_orders as bigint) as other_orders,
        scored.usual_orders,
        scored.orders_distance / nullif(scored.orders_spread, 0) as orders_z,
        signals.discount_share,
        scored.usual_discount_share,
        scored.discount_distance / nullif(scored.discount_spread, 0) as discount_z,
        -- Where most days are alike, nothing is between them, and any day above them may be one.
        case
            when
                scored.orders_distance > 0
                and scored.orders_distance >= {{ var('promotion_robust_z') }} * scored.orders_spread
                then {{ is_above_chance('scored.other_orders', 'scored.usual_orders', 'scored.judged_days') }}
            else false
        end as stands_out_by_orders,
        case
            when
                scored.discount_distance > 0
                and scored.discount_distance >= {{ var('promotion_robust_z') }} * scored.discount_spread
                then
                    {{ is_above_chance('scored.bargains', 'scored.usual_bargains', 'scored.judged_days') }}
            else false
        end as stands_out_by_discount,
        stands_out_by_orders or stands_out_by_discount as is_promotion_day,
        signals.is_judged,
        cast(signals.inactive_members as bigint) as inactive_members,
        cast(signals.activated_members as bigint) as activated_members
    from signals
    left join scored on signals.day = scored.day
)

select * from judged
order by day
