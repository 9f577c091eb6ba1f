with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

scopes as (
    select * from {{ ref('int_basket_scopes') }}
),

item_orders as (
    select
        scopes.segment,
        basket_items.level,
        basket_items.item_no,
        scopes.month_start,
        count(*) as orders
    from basket_items
    inner join scopes on basket_items.order_no = scopes.order_no
    group by scopes.segment, basket_items.level, basket_items.item_no, scopes.month_start
)

select * from item_orders
