with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

scopes as (
    select * from {{ ref('int_basket_scopes') }}
),

-- A pair cannot be in more orders than the rarer of the two, so that rare things need not be counted.
frequent_items as (
    select * from {{ ref('int_basket_item_orders') }}
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
)

select * from pair_orders
