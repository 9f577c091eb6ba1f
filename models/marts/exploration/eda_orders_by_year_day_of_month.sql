with days as (
    select * from {{ ref('int_days') }}
)

select
    cast(year(day) as integer) as year,
    cast(dayofmonth(day) as integer) as day_of_month,
    cast(sum(orders) as bigint) as orders
from days
group by all
order by year, day_of_month
