-- On which weekday does the store sell most, per day of sale of complete months? One row per weekday, the best first.
select
    dates.weekday_name_en as weekday,
    count(distinct dates.day) as days_with_a_sale,
    round(count(*) / count(distinct dates.day), 1) as orders_per_day,
    round(sum(orders.amount) / count(distinct dates.day), 2) as amount_per_day
from {{ ref('orders') }} as orders
inner join {{ ref('dates') }} as dates on cast(orders.purchased_at as date) = dates.day
where dates.coverage_status = 'complete'
group by dates.weekday_name_en
order by amount_per_day desc, weekday
