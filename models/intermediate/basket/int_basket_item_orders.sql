with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

-- Of each segment and, with no segment, of all.
item_orders as (
    select
        orders.segment,
        basket_items.level,
        basket_items.item_no,
        count(*) as orders
    from basket_items
    inner join orders on basket_items.order_no = orders.order_no
    group by grouping sets (
        (orders.segment, basket_items.level, basket_items.item_no),
        (basket_items.level, basket_items.item_no)
    )
)

select * from item_orders
