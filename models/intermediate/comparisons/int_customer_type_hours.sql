with orders as (
    select * from {{ ref('orders') }}
),

members as (
    select * from {{ ref('members') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- Who registered later was no member by then.
later_members as (
    select card_id from members
    where not is_known_as_of
),

known as (
    select
        {{ all_but('orders', ['customer_type']) }},
        case
            when later_members.card_id is null then orders.customer_type else 'unregistered_card'
        end as customer_type
    from orders
    cross join as_of
    left join later_members on orders.card_id = later_members.card_id
    where orders.purchased_at < as_of.as_of
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
    from known
    group by all
)

select * from hours
