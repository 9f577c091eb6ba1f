with orders as (
    select * from {{ ref('int_orders_as_of') }}
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

-- Whole days, and months of 30 days, as in the original analysis.
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
    from totals
)

select * from lrfmp
