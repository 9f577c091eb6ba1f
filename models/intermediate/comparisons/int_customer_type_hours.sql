with orders as (
    select * from {{ ref('orders') }}
),

hours as (
    select
        customer_type,
        cast(purchased_at as date) as day,
        cast(hour(purchased_at) as integer) as hour,
        count(*) as orders,
        cast(sum(lines) as bigint) as lines,
        sum(pieces) as pieces,
        sum(amount) as amount
    from orders
    group by all
)

select * from hours
