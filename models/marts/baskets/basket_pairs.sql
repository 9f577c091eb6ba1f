with pairs as (
    select * from {{ ref('int_basket_pairs') }}
    where segment = 0
),

items as (
    select * from {{ ref('int_items') }}
),

-- Support and lift are the same both ways, confidence and conviction are not.
both_ways as (
    select
        level,
        pair_rank,
        item_no,
        other_item_no,
        members,
        orders,
        item_orders,
        other_item_orders,
        all_orders,
        lift,
        chance_lift,
        is_above_chance
    from pairs
    union all
    select
        level,
        pair_rank,
        other_item_no as item_no,
        item_no as other_item_no,
        members,
        orders,
        other_item_orders as item_orders,
        item_orders as other_item_orders,
        all_orders,
        lift,
        chance_lift,
        is_above_chance
    from pairs
),

rules as (
    select
        both_ways.level,
        both_ways.pair_rank,
        items.item_code,
        items.item_name,
        others.item_code as other_item_code,
        others.item_name as other_item_name,
        both_ways.members,
        both_ways.orders,
        both_ways.item_orders,
        both_ways.other_item_orders,
        both_ways.all_orders,
        cast(both_ways.orders as double) / both_ways.all_orders as support,
        cast(both_ways.orders as double) / both_ways.item_orders as confidence,
        both_ways.lift,
        -- Without an order that has the one and lacks the other, conviction has no bound.
        cast(both_ways.all_orders - both_ways.other_item_orders as double) / both_ways.all_orders
        / nullif(cast(both_ways.item_orders - both_ways.orders as double) / both_ways.item_orders, 0) as conviction,
        both_ways.chance_lift,
        both_ways.is_above_chance
    from both_ways
    inner join items on both_ways.item_no = items.item_no
    inner join items as others on both_ways.other_item_no = others.item_no
)

select * from rules
order by level, pair_rank, item_code
