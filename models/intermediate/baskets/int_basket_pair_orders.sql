with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

scopes as (
    select * from {{ ref('int_basket_scopes') }}
),

item_orders as (
    select * from {{ ref('int_basket_item_orders') }}
),

item_totals as (
    select
        segment,
        item_no,
        cast(sum(orders) as bigint) as orders
    from item_orders
    group by segment, item_no
),

-- A pair cannot be in more orders than the rarer of the two, so that rare things need not be counted.
frequent_items as (
    select * from item_totals
    where segment = 0 and orders >= {{ var('basket_min_orders') }}
),

frequent_basket_items as (
    select
        basket_items.level,
        basket_items.order_no,
        basket_items.item_no
    from basket_items
    inner join frequent_items on basket_items.item_no = frequent_items.item_no
),

pair_orders as (
    select
        scopes.segment,
        items.level,
        items.item_no,
        others.item_no as other_item_no,
        count(*) as orders
    from frequent_basket_items as items
    inner join frequent_basket_items as others
        on
            items.order_no = others.order_no
            and items.level = others.level
            and items.item_no < others.item_no
    inner join scopes on items.order_no = scopes.order_no
    group by scopes.segment, items.level, items.item_no, others.item_no
    having count(*) >= {{ var('basket_min_orders') }}
),

with_item_orders as (
    select
        pair_orders.*,
        items.orders as item_orders,
        others.orders as other_item_orders
    from pair_orders
    inner join item_totals as items
        on pair_orders.segment = items.segment and pair_orders.item_no = items.item_no
    inner join item_totals as others
        on pair_orders.segment = others.segment and pair_orders.other_item_no = others.item_no
)

select * from with_item_orders
