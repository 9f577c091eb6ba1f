with pair_orders as (
    select * from {{ ref('int_basket_pair_orders') }}
),

totals as (
    select * from {{ ref('int_basket_totals') }}
),

counted as (
    select
        pair_orders.segment,
        pair_orders.level,
        pair_orders.item_no,
        pair_orders.other_item_no,
        pair_orders.orders,
        pair_orders.item_orders,
        pair_orders.other_item_orders,
        totals.orders as all_orders,
        totals.chance_lift,
        totals.frequent_items * (totals.frequent_items - 1) / 2 as pairs_compared,
        cast(pair_orders.orders as double) * totals.orders
        / (pair_orders.item_orders * pair_orders.other_item_orders) as lift,
        cast(pair_orders.item_orders as double) * pair_orders.other_item_orders / totals.orders * totals.chance_lift
            as chance_orders
    from pair_orders
    inner join totals
        on pair_orders.segment = totals.segment and pair_orders.level = totals.level
),

judged as (
    select
        *,
        {{ is_above_chance('orders', 'chance_orders', 'pairs_compared') }} as is_above_chance
    from counted
),

-- Those that chance does not explain first, the closest ties first.
best as (
    select
        *,
        cast(row_number() over (
            partition by segment, level order by is_above_chance desc, lift desc, orders desc, item_no, other_item_no
        ) as integer) as pair_rank
    from judged
    qualify pair_rank <= {{ var('basket_top') }}
)

select * from best
