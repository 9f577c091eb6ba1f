-- What should be offered together to each segment? One row per segment and pair, at most five of each level.
select
    segment,
    segment_name_en,
    level,
    coalesce(item_name, item_code) as item_name,
    coalesce(other_item_name, other_item_code) as other_item_name,
    orders,
    round(lift, 2) as lift,
    round(chance_lift, 2) as lift_of_random_baskets
from {{ ref('segment_bundles') }}
qualify row_number() over (partition by segment, level order by pair_rank) <= 5
order by segment, level, pair_rank
