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
        {{ all_but('orders', ['customer_type']) }},
        -- Where sales have no times, a registration has none either: at a till it comes before the purchase.
        case when as_of.has_times then members.registered_at else date_trunc('day', members.registered_at) end
            as registered_at,
        as_of.as_of
    from orders
    inner join members on orders.card_id = members.card_id
    cross join as_of
    where orders.purchased_at < as_of.as_of and members.is_known_as_of
)

select * from known
