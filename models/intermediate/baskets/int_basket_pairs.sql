with pair_orders as (
    select * from {{ ref('int_basket_pair_orders') }}
),

totals as (
    select * from {{ ref('int_basket_totals') }}
),

basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

scopes as (
    select * from {{ ref('int_basket_scopes') }}
),

monthly_items as (
    select
        scopes.segment,
        basket_items.level,
        cast(date_trunc('month', orders.purchased_at) as date) as month_start,
        basket_items.order_no,
        basket_items.item_no
    from basket_items
    inner join orders on basket_items.order_no = orders.order_no
    inner join scopes on basket_items.order_no = scopes.order_no
),

sizes as (
    select
        segment,
        level,
        month_start,
        order_no,
        count(*) as items
    from monthly_items
    group by segment, level, month_start, order_no
),

month_pairs as (
    select
        segment,
        level,
        month_start,
        sum(items * (items - 1) / 2) as pairs
    from sizes
    group by segment, level, month_start
),

item_months as (
    select
        segment,
        level,
        month_start,
        item_no,
        count(*) as orders
    from monthly_items
    group by segment, level, month_start, item_no
),

-- The pairs that the baskets of a month hold, for each product of the orders with one thing and with another.
month_rates as (
    select
        item_months.segment,
        item_months.level,
        item_months.month_start,
        any_value(month_pairs.pairs) / nullif(
            (pow(cast(sum(item_months.orders) as double), 2)
            - cast(sum(item_months.orders * item_months.orders) as double)) / 2,
            0
        ) as pairs_per_product
    from item_months
    inner join month_pairs
        on
            item_months.segment = month_pairs.segment
            and item_months.level = month_pairs.level
            and item_months.month_start = month_pairs.month_start
    group by item_months.segment, item_months.level, item_months.month_start
),

-- Month by month, as what is sold in the same season, or at counters of the same time, is no pair for that.
chances as (
    select
        pair_orders.segment,
        pair_orders.item_no,
        pair_orders.other_item_no,
        sum(
            cast(items.orders as double) * others.orders * month_rates.pairs_per_product
            {{ in_order('items.month_start') }}
        ) as chance_orders
    from pair_orders
    inner join item_months as items
        on pair_orders.segment = items.segment and pair_orders.item_no = items.item_no
    inner join item_months as others
        on
            pair_orders.segment = others.segment
            and pair_orders.other_item_no = others.item_no
            and items.month_start = others.month_start
    inner join month_rates
        on
            pair_orders.segment = month_rates.segment
            and pair_orders.level = month_rates.level
            and items.month_start = month_rates.month_start
    group by pair_orders.segment, pair_orders.item_no, pair_orders.other_item_no
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
        chances.chance_orders
    from pair_orders
    inner join totals
        on pair_orders.segment = totals.segment and pair_orders.level = totals.level
    inner join chances
        on
            pair_orders.segment = chances.segment
            and pair_orders.item_no = chances.item_no
            and pair_orders.other_item_no = chances.other_item_no
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
