with pair_orders as (
    select * from {{ ref('int_basket_pair_orders') }}
),

totals as (
    select * from {{ ref('int_basket_totals') }}
),

item_orders as (
    select * from {{ ref('int_basket_item_orders') }}
),

level_orders as (
    select
        segment,
        level,
        cast(sum(orders) as bigint) as all_orders
    from totals
    group by segment, level
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

-- What the odds of another thing are multiplied by for the orders that chance lets have this one too.
chance_shares as (
    select
        item_orders.segment,
        item_orders.item_no,
        item_orders.month_start,
        item_orders.size_class,
        item_orders.odds,
        item_orders.odds * totals.chance_pairs as chance_share
    from item_orders
    inner join totals
        on
            item_orders.segment = totals.segment
            and item_orders.level = totals.level
            and item_orders.month_start = totals.month_start
            and item_orders.size_class = totals.size_class
    where item_orders.odds > 0
),

-- By month, as things of one season, or counters of one time, meet more often than things that are sold all the time,
-- and by size, as those of large orders do. In DECIMAL, whose sum is the same in any order: to sort the months of each
-- pair takes many times as long.
chances as (
    select
        pair_orders.segment,
        pair_orders.item_no,
        pair_orders.other_item_no,
        cast(sum(cast(items.odds * others.chance_share as decimal(28, 10))) as double) as chance_orders
    from pair_orders
    inner join chance_shares as items
        on pair_orders.segment = items.segment and pair_orders.item_no = items.item_no
    inner join chance_shares as others
        on
            pair_orders.segment = others.segment
            and pair_orders.other_item_no = others.item_no
            and items.month_start = others.month_start
            and items.size_class = others.size_class
    group by pair_orders.segment, pair_orders.item_no, pair_orders.other_item_no
),

counted as (
    select
        pair_orders.*,
        level_orders.all_orders,
        level_pairs.pairs_compared,
        chances.chance_orders,
        cast(pair_orders.orders as double) * level_orders.all_orders
        / (pair_orders.item_orders * pair_orders.other_item_orders) as lift,
        chances.chance_orders * level_orders.all_orders
        / (pair_orders.item_orders * pair_orders.other_item_orders) as chance_lift
    from pair_orders
    inner join level_orders
        on pair_orders.segment = level_orders.segment and pair_orders.level = level_orders.level
    inner join level_pairs
        on pair_orders.segment = level_pairs.segment and pair_orders.level = level_pairs.level
    inner join chances
        on
            pair_orders.segment = chances.segment
            and pair_orders.item_no = chances.item_no
            and pair_orders.other_item_no = chances.other_item_no
),

judged as (
    select
        *,
        {{ is_above_chance(
            '(orders / orders_of_a_member)', '(chance_orders / orders_of_a_member)', 'pairs_compared'
        ) }} as is_above_chance
    from counted
),

-- Those that chance does not explain first, the closest ties first.
best as (
    select
        *,
        cast(row_number() over (
            partition by segment, level
            order by is_above_chance desc, orders / chance_orders desc, orders desc, item_no, other_item_no
        ) as integer) as pair_rank
    from judged
    qualify pair_rank <= {{ var('basket_top') }}
)

select * from best
