with activation_days as (
    select * from {{ ref('int_activation_days') }}
),

-- Returning members are in none of the numbers by which a day is chosen, so that the choice does not favour them.
signals as (
    select
        *,
        {{ weekday_of('day') }} as weekday,
        ln(greatest(other_orders, 0.5)) as log_orders,
        discounted_orders / nullif(judged_orders, 0) as discount_share,
        count(*) over (partition by month_start) >= {{ var('promotion_minimum_days_of_month') }} as is_judged
    from activation_days
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
        month_discount + median(discount_share - month_discount) over (partition by weekday) as expected_discount_share,
        -- On a weekday of fewer discounts, in a month of hardly any, no share is below zero; nor is one above one.
        case
            when expected_discount_share < 0 then 0
            when expected_discount_share > 1 then 1
            else expected_discount_share
        end as usual_discount_share
    from month_levels
),

deviations as (
    select
        *,
        log_orders - usual_log_orders as orders_deviation,
        discount_share - usual_discount_share as discount_deviation
    from weekday_levels
),

-- Mean and deviation would be pulled by the very days that are sought; medians are not. Of normal values, the median
-- distance times 1.4826 is the standard deviation.
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
        greatest(judged_orders * usual_discount_share, 0.5) as usual_discounted_orders
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
                    {{ is_above_chance(
                        'scored.discounted_orders', 'scored.usual_discounted_orders', 'scored.judged_days'
                    ) }}
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
