-- What did the whole store sell, month by month, and how much of it to members? One row per month with data.
select
    dates.month_start,
    any_value(dates.coverage_status) as coverage,
    count(*) as orders,
    round(sum(orders.amount), 2) as amount,
    round(
        100 * coalesce(sum(orders.amount) filter (where customer_type = 'member'), 0) / nullif(sum(orders.amount), 0), 1
    ) as member_percent
from {{ ref('orders') }} as orders
inner join {{ ref('dates') }} as dates on cast(orders.purchased_at as date) = dates.day
group by dates.month_start
order by dates.month_start desc
