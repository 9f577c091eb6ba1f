with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

scopes as (
    select * from {{ ref('int_basket_scopes') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

item_orders as (
    select * from {{ ref('int_basket_item_orders') }}
),

-- A pair cannot be in more orders than the rarer of the two, so that rare things need not be counted.
frequent_items as (
    select * from item_orders
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

pair_orders as (
    select
        scopes.segment,
        items.level,
        items.item_no,
        others.item_no as other_item_no,
        count(*) as orders
    from frequent_basket_items as items
    inner join frequent_basket_items as others
        on
            items.order_no = others.order_no
            and items.level = others.level
            and items.item_no < others.item_no
    inner join scopes on items.order_no = scopes.order_no
    group by scopes.segment, items.level, items.item_no, others.item_no
    having count(*) >= {{ var('basket_min_orders') }}
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

with_item_orders as (
    select
        pair_orders.*,
        items.orders as item_orders,
        others.orders as other_item_orders,
        chances.chance_orders
    from pair_orders
    inner join item_orders as items
        on pair_orders.segment = items.segment and pair_orders.item_no = items.item_no
    inner join item_orders as others
        on pair_orders.segment = others.segment and pair_orders.other_item_no = others.item_no
    inner join chances
        on
            pair_orders.segment = chances.segment
            and pair_orders.item_no = chances.item_no
            and pair_orders.other_item_no = chances.other_item_no
)

select * from with_item_orders
