with orders as (
    select * from {{ ref('int_member_orders') }}
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
        orders.*,
        members.registered_at,
        as_of.as_of
    from orders
    inner join members on orders.card_id = members.card_id
    cross join as_of
    where orders.purchased_at < as_of.as_of and members.registered_at < as_of.as_of
)

select * from known
