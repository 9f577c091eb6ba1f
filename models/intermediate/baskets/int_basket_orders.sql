with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

-- A basket is an order of a buyer. Its number is small to store and to compare.
numbered as (
    select
        orders.order_id,
        orders.card_id,
        orders.purchased_at,
        cast(date_trunc('month', orders.purchased_at) as date) as month_start,
        orders.lines,
        orders.pieces,
        segments.segment,
        cast(row_number() over (order by orders.card_id, orders.purchased_at, orders.order_id) as integer) as order_no,
        cast(row_number() over (
            partition by orders.card_id order by orders.purchased_at, orders.order_id
        ) as integer) as nth_order
    from orders
    inner join segments on orders.card_id = segments.card_id
)

select * from numbered
