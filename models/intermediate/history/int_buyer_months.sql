with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

month_ends as (
    select * from {{ ref('int_month_ends') }}
),

returned_by_month as (
    select
        card_id,
        cast(date_trunc('month', returned_at) as date) as month_start,
        sum(returned_amount) as amount,
        sum(returned_points) as points
    from {{ ref('int_returns_as_of') }}
    group by card_id, cast(date_trunc('month', returned_at) as date)
),

by_month as (
    select
        card_id,
        any_value(registered_at) as registered_at,
        cast(date_trunc('month', purchased_at) as date) as month_start,
        max(purchased_at) as last_purchased_at,
        count(*) as f,
        sum(amount) as m,
        sum(points) as p
    from orders
    group by card_id, cast(date_trunc('month', purchased_at) as date)
),

first_months as (
    select
        card_id,
        registered_at,
        min(month_start) as month_start
    from by_month
    group by card_id, registered_at
),

-- From the first purchase on, every month has a row, with or without a purchase.
buyer_months as (
    select
        first_months.card_id,
        first_months.registered_at,
        month_ends.month_start,
        month_ends.month_end
    from first_months
    inner join month_ends on first_months.month_start <= month_ends.month_start
),

cumulated as (
    select
        buyer_months.card_id,
        buyer_months.month_start,
        buyer_months.month_end,
        buyer_months.registered_at,
        max(by_month.last_purchased_at) over until_month_end as last_purchased_at,
        sum(by_month.f) over until_month_end as f,
        sum(coalesce(by_month.m, 0) - coalesce(returned_by_month.amount, 0)) over until_month_end as m,
        sum(by_month.p) over until_month_end
        - coalesce(sum(returned_by_month.points) over until_month_end, 0) as p
    from buyer_months
    left join by_month
        on buyer_months.card_id = by_month.card_id and buyer_months.month_start = by_month.month_start
    left join returned_by_month
        on
            buyer_months.card_id = returned_by_month.card_id
            and buyer_months.month_start = returned_by_month.month_start
    window until_month_end as (partition by buyer_months.card_id order by buyer_months.month_start)
),

-- Only members who were registered by then and had not brought everything back.
features as (
    select
        card_id,
        month_start,
        month_end,
        cast(date_sub('day', registered_at, month_end) as double) / 30 as l,
        cast(date_sub('day', last_purchased_at, month_end) as double) / 30 as r,
        cast(f as bigint) as f,
        cast(m as decimal(18, 2)) as m,
        cast(p as decimal(18, 2)) as p
    from cumulated
    where registered_at < month_end and m > 0
)

select * from features
