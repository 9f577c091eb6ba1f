{#- Of a few very uneven things, the margins are met to a few per cent by then, of others to less than one. -#}
{%- set rounds = 8 -%}
with basket_items as (
    select * from {{ ref('int_basket_items') }}
),

orders as (
    select * from {{ ref('int_basket_orders') }}
),

-- Each order counts in its segment and, as segment 0, among all.
item_orders as (
    select
        coalesce(orders.segment, 0) as segment,
        basket_items.level,
        basket_items.item_no,
        orders.month_start,
        basket_items.size_class,
        count(*) as orders,
        cast(sum(basket_items.order_items - 1) as bigint) as pairs
    from basket_items
    inner join orders on basket_items.order_no = orders.order_no
    group by
        grouping sets (
            (orders.segment, basket_items.level, basket_items.item_no, orders.month_start, basket_items.size_class),
            (basket_items.level, basket_items.item_no, orders.month_start, basket_items.size_class)
        )
),

-- What chance gives a pair is the product of two weights, such that each thing has as many pairs by chance as it has
-- (iterative proportional fitting: Deming and Stephan 1940). The second thing of a pair is another one than the first,
-- so that what is in many orders meets the rest more often than its share of all pairs says. By month, as goods and the
-- sizes of baskets have their seasons, and by size, as large orders hold other goods.
weights_0 as (
    select
        *,
        pairs / nullif(sqrt(cast(sum(pairs) over class as double)), 0) as weight
    from item_orders
    window class as (partition by segment, level, month_start, size_class)
),

{% for round in range(rounds) -%}
{#- In DECIMAL, whose sum is the same in any order. -#}
weights_{{ round + 1 }} as (
    select
        {{ all_but('weights_' ~ round, ['weight']) }},
        sqrt(weight * pairs / nullif(abs(
            cast(sum(cast(weight as decimal(38, 18))) over class as double) - weight
        ), 0)) as weight
    from weights_{{ round }}
    window class as (partition by segment, level, month_start, size_class)
),

{% endfor -%}

rounded as (
    select
        {{ all_but('weights_' ~ rounds, ['weight']) }},
        round(weight, 9) as weight
    from weights_{{ rounds }}
)

select * from rounded
