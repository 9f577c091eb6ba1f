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
),

-- Goods drawn at random make as many pairs as these orders hold, each of them as often as the odds of its two things
-- say. By month, as goods and the sizes of baskets have their seasons, and by size, as large orders hold other goods.
totals as (
    select
        segment,
        level,
        month_start,
        size_class,
        sum(pairs) as pairs,
        sum(odds {{ in_order('item_no') }}) as odds,
        sum(odds * odds {{ in_order('item_no') }}) as squares
    from with_odds
    group by segment, level, month_start, size_class
),

with_chances as (
    select
        with_odds.*,
        with_odds.odds * totals.pairs / nullif(totals.odds * totals.odds - totals.squares, 0) as chance_share
    from with_odds
    inner join totals
        on
            with_odds.segment = totals.segment
            and with_odds.level = totals.level
            and with_odds.month_start = totals.month_start
            and with_odds.size_class = totals.size_class
)

select * from with_chances
