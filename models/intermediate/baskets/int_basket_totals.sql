with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

scopes as (
    select * from {{ ref('int_basket_scopes') }}
),

item_orders as (
    select * from {{ ref('int_basket_item_orders') }}
),

sizes as (
    select
        order_no,
        level,
        count(*) as items
    from basket_items
    group by order_no, level
),

order_totals as (
    select
        scopes.segment,
        sizes.level,
        scopes.month_start,
        count(*) as orders,
        sum(sizes.items * (sizes.items - 1) / 2) as pairs
    from sizes
    inner join scopes on sizes.order_no = scopes.order_no
    group by scopes.segment, sizes.level, scopes.month_start
),

item_totals as (
    select
        segment,
        level,
        month_start,
        (pow(cast(sum(orders) as double), 2) - cast(sum(orders * orders) as double)) / 2 as products_of_orders
    from item_orders
    group by segment, level, month_start
),

-- Goods drawn at random into baskets of these sizes do not have lift 1: where most baskets hold one thing, two things
-- meet less often than independence says, and where a few are large, more often. By month, as goods and the sizes of
-- baskets have their seasons.
totals as (
    select
        order_totals.segment,
        order_totals.level,
        order_totals.month_start,
        order_totals.orders,
        order_totals.pairs * order_totals.orders / nullif(item_totals.products_of_orders, 0) as chance_lift
    from order_totals
    inner join item_totals
        on
            order_totals.segment = item_totals.segment
            and order_totals.level = item_totals.level
            and order_totals.month_start = item_totals.month_start
)

select * from totals
