with orders as (
    select * from {{ ref('orders') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

hours as (
    select
        orders.customer_type,
        cast(orders.purchased_at as date) as day,
        orders.hour,
        count(*) as orders,
        cast(sum(orders.lines) as bigint) as lines,
        sum(orders.pieces) as pieces,
        sum(orders.amount) as amount
    from orders
    cross join as_of
    where orders.purchased_at < as_of.as_of
    group by all
)

select * from hours
