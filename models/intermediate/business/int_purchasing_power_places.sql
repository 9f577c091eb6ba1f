{{ config(materialized='view') }}

{%- set parts = [
    'amount', 'visits', 'tenure', 'recency', 'high_price_share', 'discounted_share', 'amount_per_order',
    'pieces_per_order',
] -%}
with measures as (
    select
        card_id,
        {% for part in parts -%}
        cast({{ part }} as double) as {{ part }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('int_buyer_measures') }}
),

parts as (
    select * from {{ ref('purchasing_power_parts') }}
),

-- What is not recorded has no row here.
recorded as (
    unpivot measures on {{ parts | join(', ') }} into name part value part_value
),

-- Places from 0 to 1 among all buyers. Equal values share the middle of their places.
placed as (
    select
        card_id,
        part,
        (
            percent_rank() over (partition by part order by part_value)
            + 1 - percent_rank() over (partition by part order by part_value desc)
        ) / 2 as place
    from recorded
),

weighted as (
    select
        placed.card_id,
        placed.part,
        parts.weight,
        case when parts.is_more_better then placed.place else 1 - placed.place end as place
    from placed
    inner join parts on placed.part = parts.part
)

select * from weighted
