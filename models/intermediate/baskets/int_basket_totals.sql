with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

item_orders as (
    select * from {{ ref('int_basket_item_orders') }}
),

sizes as (
    select distinct
        order_no,
        level,
        size_class
    from basket_items
),

-- Each order counts in its segment and, as segment 0, among all.
order_totals as (
    select
        coalesce(orders.segment, 0) as segment,
        sizes.level,
        orders.month_start,
        sizes.size_class,
        count(*) as orders
    from sizes
    inner join orders on sizes.order_no = orders.order_no
    group by
        grouping sets (
            (orders.segment, sizes.level, orders.month_start, sizes.size_class),
            (sizes.level, orders.month_start, sizes.size_class)
        )
),

item_totals as (
    select
        segment,
        level,
        month_start,
        size_class,
        sum(pairs) as pairs,
        sum(odds {{ in_order('item_no') }}) as odds,
        sum(odds * odds {{ in_order('item_no') }}) as squares
    from item_orders
    group by segment, level, month_start, size_class
),

-- Goods drawn at random make as many pairs as these orders hold, each of them as often as the odds of its two things
-- say. By month, as goods and the sizes of baskets have their seasons, and by size, as large orders hold other goods.
totals as (
    select
        order_totals.segment,
        order_totals.level,
        order_totals.month_start,
        order_totals.size_class,
        order_totals.orders,
        item_totals.pairs / nullif(item_totals.odds * item_totals.odds - item_totals.squares, 0) as chance_pairs
    from order_totals
    inner join item_totals
        on
            order_totals.segment = item_totals.segment
            and order_totals.level = item_totals.level
            and order_totals.month_start = item_totals.month_start
            and order_totals.size_class = item_totals.size_class
)

select * from totals
