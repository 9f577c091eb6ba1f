-- Which counters and goods go together more often than chance explains? One row per pair, the closest ties first.
select
    level,
    coalesce(item_name, item_code) as item_name,
    coalesce(other_item_name, other_item_code) as other_item_name,
    orders,
    round(100 * support, 3) as percent_of_orders,
    round(100 * confidence, 1) as percent_of_item_orders,
    round(lift, 2) as lift,
    round(chance_lift, 2) as lift_of_random_baskets
from {{ ref('basket_pairs') }}
where is_above_chance and item_code < other_item_code
order by level, pair_rank
