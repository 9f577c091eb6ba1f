with days as (
    select * from {{ ref('int_promotion_days') }}
)

select
    day,
    month_start,
    cast(weekday as integer) as weekday,
    cast(other_orders as bigint) as other_orders,
    usual_orders,
    orders_z,
    discount_share,
    usual_discount_share,
    discount_z,
    stands_out_by_orders,
    stands_out_by_discount,
    stands_out_by_orders or stands_out_by_discount as is_promotion_day,
    is_judged,
    cast(inactive_members as bigint) as inactive_members,
    cast(activated_members as bigint) as activated_members
from days
order by day
