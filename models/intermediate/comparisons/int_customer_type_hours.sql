with orders as (
    select * from {{ ref('orders') }}
),

members as (
    select * from {{ ref('members') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

known as (
    select orders.*
    from orders
    cross join as_of
    where orders.purchased_at < as_of.as_of
),

with_types as (
    {{ types_as_of('known') }}
),

hours as (
    select
        customer_type,
        cast(purchased_at as date) as day,
        hour,
        count(*) as orders,
        cast(sum(lines) as bigint) as lines,
        sum(pieces) as pieces,
        sum(amount) as amount
    from with_types
    group by all
)

select * from hours
