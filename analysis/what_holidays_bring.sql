-- What do holidays bring, against other days of their weekday up to four weeks before and after? One row per holiday.
-- Of complete months; a day without an order counts with none.
with days as (
    select dates.day, dates.holiday_name_en as holiday, count(orders.order_id) as orders,
        avg(count(orders.order_id)) filter (where dates.holiday_name_en is null) over (
            partition by dates.weekday
            order by dates.day range between interval 28 days preceding and interval 28 days following
        ) as usual_orders
    from {{ ref('dates') }} as dates
    left join {{ ref('orders') }} as orders on dates.day = cast(orders.purchased_at as date)
    where dates.coverage_status = 'complete' group by dates.day, dates.weekday, dates.holiday_name_en
)
select holiday, count(*) as days, round(avg(orders), 1) as orders_per_day, round(avg(usual_orders), 1) as usual_orders
from days where holiday is not null group by holiday
order by avg(orders) / avg(usual_orders) desc, holiday
