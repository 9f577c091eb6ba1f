with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

returned as (
    select
        card_id,
        sum(returned_amount) as amount,
        sum(returned_points) as points
    from {{ ref('int_returns_as_of') }}
    group by card_id
),

totals as (
    select
        card_id,
        date_sub('day', any_value(registered_at), any_value(as_of)) as days_since_registration,
        date_sub('day', max(purchased_at), any_value(as_of)) as days_since_last_purchase,
        count(*) as f,
        cast(sum(amount) as decimal(18, 2)) as m,
        cast(sum(points) as decimal(18, 2)) as p
    from orders
    group by card_id
),

net_of_returns as (
    select
        totals.* exclude (m, p),
        cast(totals.m - coalesce(returned.amount, 0) as decimal(18, 2)) as m,
        cast(totals.p - coalesce(returned.points, 0) as decimal(18, 2)) as p
    from totals
    left join returned on totals.card_id = returned.card_id
),

-- Whole days, and months of 30 days, as in the original analysis. Who has brought everything back is no buyer.
lrfmp as (
    select
        card_id,
        cast(days_since_registration as double) / 30 as l,
        cast(days_since_last_purchase as double) / 30 as r,
        f,
        m,
        p,
        days_since_registration,
        days_since_last_purchase
    from net_of_returns
    where m > 0
)

select * from lrfmp
