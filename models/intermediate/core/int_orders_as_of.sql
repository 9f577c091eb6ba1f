with orders as (
    select * from {{ ref('orders') }}
),

members as (
    select * from {{ ref('members') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- Only what was known on the as-of date: no later purchase, no later registration.
known as (
    select
        orders.order_id,
        orders.card_id,
        orders.purchased_at,
        orders.lines,
        orders.pieces,
        orders.amount,
        orders.points,
        members.registered_at,
        as_of.as_of
    from orders
    inner join members on orders.card_id = members.card_id
    cross join as_of
    where orders.purchased_at < as_of.as_of and members.is_known_as_of
)

select * from known
