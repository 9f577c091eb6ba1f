with orders as (
    select * from {{ ref('orders') }}
),

customer_types as (
    select
        customer_type,
        cast(sum(lines) as bigint) as lines,
        count(*) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount
    from orders
    group by customer_type
)

select * from customer_types
order by customer_type
