with pairs as (
    select * from {{ ref('int_basket_pairs') }}
    where segment > 0 and is_above_chance
),

items as (
    select * from {{ ref('int_items') }}
),

segments as (
    select * from {{ ref('segment_summary') }}
),

bundles as (
    select
        pairs.segment,
        segments.segment_code,
        segments.segment_name_zh,
        segments.segment_name_en,
        pairs.level,
        pairs.pair_rank,
        items.item_code,
        items.item_name,
        others.item_code as other_item_code,
        others.item_name as other_item_name,
        pairs.orders,
        pairs.all_orders as segment_orders,
        cast(pairs.orders as double) / pairs.all_orders as support,
        pairs.lift,
        pairs.chance_lift
    from pairs
    inner join segments on pairs.segment = segments.segment
    inner join items on pairs.item_no = items.item_no
    inner join items as others on pairs.other_item_no = others.item_no
)

select * from bundles
order by segment, level, pair_rank
