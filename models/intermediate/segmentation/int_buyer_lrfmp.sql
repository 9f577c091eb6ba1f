with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

member_returns as (
    select * from {{ ref('int_returns_as_of') }}
),

bought as (
    select
        card_id,
        {{ whole_days_between('any_value(registered_at)', 'any_value(as_of)') }} as days_since_registration,
        {{ whole_days_between('max(purchased_at)', 'any_value(as_of)') }} as days_since_last_purchase,
        count(*) as f,
        sum(amount) as amount,
        sum(points) as points
    from orders
    group by card_id
),

returned as (
    select
        card_id,
        sum(returned_amount) as amount,
        sum(returned_points) as points,
        count(*) as returns
    from member_returns
    group by card_id
),

net_of_returns as (
    select
        bought.card_id,
        bought.days_since_registration,
        bought.days_since_last_purchase,
        bought.f,
        cast(bought.amount - coalesce(returned.amount, 0) as decimal(18, 2)) as m,
        cast(bought.points - coalesce(returned.points, 0) as decimal(18, 2)) as p,
        coalesce(returned.returns, 0) as returns
    from bought
    left join returned on bought.card_id = returned.card_id
),

-- Whole days.
lrfmp as (
    select
        card_id,
        {{ months_of_days('days_since_registration') }} as l,
        {{ months_of_days('days_since_last_purchase') }} as r,
        f,
        m,
        p,
        days_since_registration,
        days_since_last_purchase
    from net_of_returns
    where {{ is_buyer('m', 'returns') }}
)

select * from lrfmp
