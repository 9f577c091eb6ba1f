with orders as (
    select * from {{ ref('int_member_orders') }}
)

select
    cast(hour(purchased_at) as integer) as hour,
    count(*) as orders,
    cast(sum(amount) as decimal(18, 2)) as amount
from orders
group by all
order by hour
