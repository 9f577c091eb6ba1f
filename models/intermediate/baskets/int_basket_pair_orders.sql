with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
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

member_pairs as (
    select
        orders.segment,
        orders.card_id,
        items.level,
        items.item_no,
        others.item_no as other_item_no,
        count(*) as member_orders
    from frequent_basket_items as items
    inner join frequent_basket_items as others
        on
            items.order_no = others.order_no
            and items.level = others.level
            and items.item_no < others.item_no
    inner join orders on items.order_no = orders.order_no
    group by orders.segment, orders.card_id, items.level, items.item_no, others.item_no
),

-- Each order counts in its segment and, as segment 0, among all. Orders of one member say less than those of as many
-- members, as who always buys the same has them all: by how many such orders the member of such an order has (the
-- design effect).
pair_orders as (
    select
        coalesce(segment, 0) as segment,
        level,
        item_no,
        other_item_no,
        count(*) as members,
        cast(sum(member_orders) as bigint) as orders,
        cast(sum(member_orders * member_orders) as double) / sum(member_orders) as orders_of_a_member
    from member_pairs
    group by
        grouping sets ((segment, level, item_no, other_item_no), (level, item_no, other_item_no))
    having sum(member_orders) >= {{ var('basket_min_orders') }}
),

-- By month, as things of one season, or counters of one time, meet more often than things that are sold all the time,
-- and by size, as those of large orders do. In DECIMAL, whose sum is the same in any order: to sort the months of each
-- pair takes many times as long.
chances as (
    select
        pair_orders.segment,
        pair_orders.item_no,
        pair_orders.other_item_no,
        cast(sum(cast(items.weight * others.weight as decimal(28, 10))) as double) as chance_orders
    from pair_orders
    inner join item_orders as items
        on pair_orders.segment = items.segment and pair_orders.item_no = items.item_no
    inner join item_orders as others
        on
            pair_orders.segment = others.segment
            and pair_orders.other_item_no = others.item_no
            and items.month_start = others.month_start
            and items.size_class = others.size_class
    group by pair_orders.segment, pair_orders.item_no, pair_orders.other_item_no
),

with_chances as (
    select
        pair_orders.*,
        items.orders as item_orders,
        others.orders as other_item_orders,
        chances.chance_orders
    from pair_orders
    inner join item_totals as items
        on pair_orders.segment = items.segment and pair_orders.item_no = items.item_no
    inner join item_totals as others
        on pair_orders.segment = others.segment and pair_orders.other_item_no = others.item_no
    inner join chances
        on
            pair_orders.segment = chances.segment
            and pair_orders.item_no = chances.item_no
            and pair_orders.other_item_no = chances.other_item_no
)

select * from with_chances
