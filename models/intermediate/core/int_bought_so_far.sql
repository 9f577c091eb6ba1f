with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

member_returns as (
    select * from {{ ref('member_returns') }}
    where '{{ var("returns") }}' = 'net'
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

first_orders as (
    select
        card_id,
        any_value(as_of) as as_of,
        min(purchased_at) as first_purchased_at
    from orders
    group by card_id
),

-- What is taken off the purchases: with the setting `returns: drop`, nothing. Goods that were brought back before
-- the first purchase that we know are goods of an earlier one.
taken_off as (
    select
        member_returns.card_id,
        member_returns.returned_at,
        member_returns.returned_amount,
        member_returns.returned_points
    from member_returns
    inner join first_orders on member_returns.card_id = first_orders.card_id
    where
        member_returns.is_of_counted_purchase
        and member_returns.returned_at >= first_orders.first_purchased_at
        and member_returns.returned_at < first_orders.as_of
),

-- Only months with a purchase or a return change anything.
movements as (
    select
        card_id,
        registered_at,
        purchased_at,
        purchased_at as moved_at,
        1 as f,
        amount as m,
        points as p
    from orders
    union all
    select
        card_id,
        null as registered_at,
        null as purchased_at,
        returned_at as moved_at,
        0 as f,
        -returned_amount as m,
        -returned_points as p
    from taken_off
),

by_month as (
    select
        card_id,
        cast(date_trunc('month', moved_at) as date) as month_start,
        max(registered_at) as registered_at,
        max(purchased_at) as last_purchased_at,
        sum(f) as f,
        sum(m) as m,
        sum(p) as p,
        count(*) filter (where f = 0 and m < 0) as returns
    from movements
    group by card_id, cast(date_trunc('month', moved_at) as date)
),

cumulated as (
    select
        card_id,
        month_start,
        lead(month_start) over (partition by card_id order by month_start) as next_month_start,
        max(registered_at) over (partition by card_id) as registered_at,
        max(last_purchased_at) over months_of_member as last_purchased_at,
        cast(sum(f) over months_of_member as bigint) as f,
        cast(sum(m) over months_of_member as decimal(18, 2)) as m,
        -- Where points are recorded, a buyer of whose lines none has any has none.
        case
            when retailer.has_points
                then cast(coalesce(sum(p) over months_of_member, 0) as decimal(18, 2))
        end as p,
        sum(returns) over months_of_member as returns
    from by_month
    cross join retailer
    window months_of_member as (partition by card_id order by month_start rows unbounded preceding)
),

-- Who has brought everything back is no buyer; who only had things for nothing is one, also where some came back, as
-- nothing is paid back for those.
judged as (
    select
        {{ all_but('cumulated', ['returns']) }},
        m > 0 or returns = 0 as is_buyer
    from cumulated
)

select * from judged
