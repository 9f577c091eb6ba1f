with hours as (
    select * from {{ ref('int_customer_type_hours') }}
)

select
    customer_type,
    cast(sum(lines) as bigint) as lines,
    cast(sum(orders) as bigint) as orders,
    cast(sum(amount) as decimal(18, 2)) as amount
from hours
group by customer_type
order by amount desc, customer_type
