with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
    where is_counted
),

orders as (
    select
        customer_type,
        buyer,
        purchased_at,
        count(*) as lines,
        sum(quantity) as pieces,
        sum(amount) as amount
    from sold_lines
    group by customer_type, buyer, purchased_at
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
