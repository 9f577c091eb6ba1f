with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

-- Each order counts in its segment and, as segment 0, among all.
item_orders as (
    select
        coalesce(orders.segment, 0) as segment,
        basket_items.level,
        basket_items.item_no,
        orders.month_start,
        basket_items.size_class,
        count(*) as orders,
        cast(sum(basket_items.order_items - 1) as bigint) as pairs
    from basket_items
    inner join orders on basket_items.order_no = orders.order_no
    group by
        grouping sets (
            (orders.segment, basket_items.level, basket_items.item_no, orders.month_start, basket_items.size_class),
            (basket_items.level, basket_items.item_no, orders.month_start, basket_items.size_class)
        )
),

-- The second thing of a pair is another one than the first, so that what is in many orders meets the rest more often
-- than its share of all pairs says: as often as its odds.
with_odds as (
    select
        *,
        cast(pairs as double)
        / nullif(sum(pairs) over (partition by segment, level, month_start, size_class) - pairs, 0) as odds
    from item_orders
)

select * from with_odds
