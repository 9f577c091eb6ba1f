with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

item_orders as (
    select * from {{ ref('int_basket_item_orders') }}
),

order_levels as (
    select distinct
        order_no,
        level
    from basket_items
),

-- Each order counts in its segment and, as segment 0, among all.
level_orders as (
    select
        coalesce(orders.segment, 0) as segment,
        order_levels.level,
        count(*) as all_orders
    from order_levels
    inner join orders on order_levels.order_no = orders.order_no
    group by grouping sets ((orders.segment, order_levels.level), (order_levels.level))
),

frequent_items as (
    select
        segment,
        level,
        item_no
    from item_orders
    group by segment, level, item_no
    having sum(orders) >= {{ var('basket_min_orders') }}
),

level_pairs as (
    select
        segment,
        level,
        count(*) * (count(*) - 1) / 2 as pairs_compared
    from frequent_items
    group by segment, level
),

totals as (
    select
        level_orders.segment,
        level_orders.level,
        level_orders.all_orders,
        coalesce(level_pairs.pairs_compared, 0) as pairs_compared
    from level_orders
    left join level_pairs
        on level_orders.segment = level_pairs.segment and level_orders.level = level_pairs.level
)

select * from totals
