{%- set groups = {
    'gender': 'case when not members.is_gender_filled then members.gender end',
    'age_band': 'members.age_band',
} -%}
with members as (
    select * from {{ ref('members') }}
    where is_known_as_of
),

sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where customer_type = 'member'
),

orders as (
    select * from {{ ref('int_orders_as_of') }}
),

genders as (
    select * from {{ ref('genders') }}
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

unknown_text as (
    select * from {{ ref('texts') }}
    where text_key = 'unknown'
),

labels as (
    select
        'gender' as dimension,
        gender as group_code,
        name_zh,
        name_en
    from genders
    union all
    select
        'age_band' as dimension,
        age_band as group_code,
        name_zh,
        name_en
    from age_bands
),

-- A gender that was filled in is not known; such members are a group of their own.
grouped_members as (
    {% for dimension, group_code in groups.items() -%}
    select
        members.card_id,
        '{{ dimension }}' as dimension,
        coalesce({{ group_code }}, 'unknown') as group_code
    from members
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

member_orders as (
    select
        card_id,
        count(*) as orders,
        sum(lines) as lines,
        sum(pieces) as pieces,
        sum(amount) as amount
    from orders
    group by card_id
),

totals as (
    select
        grouped_members.dimension,
        grouped_members.group_code,
        count(*) as members,
        count(member_orders.card_id) as buyers,
        coalesce(sum(member_orders.orders), 0) as orders,
        coalesce(sum(member_orders.lines), 0) as lines,
        sum(member_orders.pieces) as pieces,
        cast(coalesce(sum(member_orders.amount), 0) as decimal(18, 2)) as amount
    from grouped_members
    left join member_orders on grouped_members.card_id = member_orders.card_id
    group by grouped_members.dimension, grouped_members.group_code
),

grouped_lines as (
    select
        grouped_members.dimension,
        grouped_members.group_code,
        sold_lines.is_counted,
        sold_lines.piece_price,
        sold_lines.is_below_price,
        sold_lines.is_without_points
    from sold_lines
    inner join grouped_members on sold_lines.card_id = grouped_members.card_id
),

counted_lines as (
    select * from grouped_lines
    where is_counted
),

median_prices as (
    {{ median_prices('counted_lines', ['dimension', 'group_code']) }}
),

bargains as (
    select
        dimension,
        group_code,
        {{ bargain_shares('grouped_lines') }}
    from grouped_lines
    group by dimension, group_code
),

comparison as (
    select
        totals.dimension,
        totals.group_code,
        coalesce(labels.name_zh, unknown_text.text_zh) as name_zh,
        coalesce(labels.name_en, unknown_text.text_en) as name_en,
        totals.members,
        totals.buyers,
        cast(totals.orders as bigint) as orders,
        cast(totals.lines as bigint) as lines,
        totals.amount,
        cast(totals.buyers as double) / totals.members as buyer_share,
        cast(totals.amount as double)
        / nullif(cast(sum(totals.amount) over (partition by totals.dimension) as double), 0) as amount_share,
        cast(totals.orders as double) / nullif(totals.buyers, 0) as orders_per_buyer,
        cast(totals.amount as double) / nullif(totals.buyers, 0) as amount_per_buyer,
        cast(totals.amount as double) / nullif(totals.orders, 0) as amount_per_order,
        cast(totals.pieces as double) / nullif(totals.orders, 0) as pieces_per_order,
        median_prices.median_piece_price,
        bargains.below_price_share,
        bargains.without_points_share
    from totals
    cross join unknown_text
    left join median_prices
        on totals.dimension = median_prices.dimension and totals.group_code = median_prices.group_code
    left join bargains on totals.dimension = bargains.dimension and totals.group_code = bargains.group_code
    left join labels on totals.dimension = labels.dimension and totals.group_code = labels.group_code
)

select * from comparison
order by dimension, group_code
