with orders as (
    select * from {{ ref('orders') }}
    where customer_type = 'member'
),

member_returns as (
    select * from {{ ref('member_returns') }}
    where is_of_counted_purchase
),

movements as (
    select
        card_id,
        cast(date_trunc('month', purchased_at) as date) as month_start,
        1 as orders,
        amount as gross_amount,
        0 as returned_amount
    from orders
    union all
    select
        card_id,
        cast(date_trunc('month', returned_at) as date) as month_start,
        0 as orders,
        0 as gross_amount,
        returned_amount
    from member_returns
),

by_month as (
    select
        month_start,
        card_id,
        cast(sum(orders) as bigint) as orders,
        cast(sum(gross_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(returned_amount) as decimal(18, 2)) as returned_amount
    from movements
    group by month_start, card_id
),

with_net as (
    select
        *,
        cast(gross_amount - returned_amount as decimal(18, 2)) as net_amount
    from by_month
)

select * from with_net
order by month_start, card_id
