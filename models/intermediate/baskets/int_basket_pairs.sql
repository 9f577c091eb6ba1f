with pair_orders as (
    select * from {{ ref('int_basket_pair_orders') }}
),

totals as (
    select * from {{ ref('int_basket_totals') }}
),

counted as (
    select
        pair_orders.*,
        totals.all_orders,
        totals.pairs_compared,
        cast(pair_orders.orders as double) * totals.all_orders
        / (pair_orders.item_orders * pair_orders.other_item_orders) as lift,
        pair_orders.chance_orders * totals.all_orders
        / (pair_orders.item_orders * pair_orders.other_item_orders) as chance_lift
    from pair_orders
    inner join totals on pair_orders.segment = totals.segment and pair_orders.level = totals.level
),

judged as (
    select
        *,
        {{ is_above_chance(
            '(orders / orders_of_a_member)', '(chance_orders / orders_of_a_member)', 'pairs_compared'
        ) }} and orders >= {{ var('basket_min_tie') }} * chance_orders as is_above_chance
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
