-- What the buyers spent and earned is in the lines of their orders, less their returns where the setting says so.
with as_of as (
    select as_of from {{ ref('int_as_of') }}
),

orders as (
    select
        card_id,
        min(purchased_at) as purchased_at,
        sum(amount) as amount,
        sum(points) as points
    from {{ ref('sales_lines') }}
    where reason is null
    group by card_id, order_id
),

purchases as (
    select
        orders.card_id,
        min(orders.purchased_at) as first_purchased_at,
        sum(orders.amount) as amount,
        -- Where points are recorded, who has none of them earned none.
        case when any_value(retailer.has_points) then coalesce(sum(orders.points), 0) end as points
    from orders
    cross join {{ ref('stg_retailer') }} as retailer
    inner join {{ ref('members') }} as members on orders.card_id = members.card_id
    cross join as_of
    where orders.purchased_at < as_of.as_of and members.registered_at < as_of.as_of
    group by orders.card_id
),

net as (
    select
        purchases.card_id,
        cast(any_value(purchases.amount) - coalesce(sum(member_returns.returned_amount), 0) as decimal(18, 2))
            as amount,
        any_value(purchases.points) - coalesce(sum(member_returns.returned_points), 0) as points,
        count(*) filter (where member_returns.returned_amount > 0) as returns
    from purchases
    cross join as_of
    left join {{ ref('member_returns') }} as member_returns
        on
            purchases.card_id = member_returns.card_id
            and member_returns.is_of_counted_purchase
            and member_returns.returned_at >= purchases.first_purchased_at
            and member_returns.returned_at < as_of.as_of
            and '{{ var("returns") }}' = 'net'
    group by purchases.card_id
)

select
    net.card_id,
    net.amount,
    net.points,
    features.m,
    features.p
from net
full outer join {{ ref('lrfmpsx') }} as features on net.card_id = features.card_id
where
    (net.amount > 0 or net.returns = 0) is distinct from (features.card_id is not null)
    or (features.card_id is not null and net.amount is distinct from features.m)
    or (features.card_id is not null and net.points is distinct from features.p)
