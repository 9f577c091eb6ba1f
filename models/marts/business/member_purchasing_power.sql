{%- set parts = [
    'amount', 'visits', 'tenure', 'recency', 'high_price_share', 'discounted_share', 'amount_per_order',
    'pieces_per_order',
] -%}
with measures as (
    select * from {{ ref('int_buyer_measures') }}
),

places as (
    select * from {{ ref('int_purchasing_power_places') }}
),

side_by_side as (
    select
        card_id,
        {% for part in parts -%}
        max(place) filter (where part = '{{ part }}') as {{ part }}_place,
        max(weight) filter (where part = '{{ part }}') as {{ part }}_weight{{ "," if not loop.last }}
        {% endfor %}
    from places
    group by card_id
),

-- The weights of the parts that are recorded add up to one.
scores as (
    select
        *,
        100 * (
            {% for part in parts -%}
            coalesce({{ part }}_weight * {{ part }}_place, 0){{ " +" if not loop.last }}
            {% endfor %}
        ) / nullif(
            {% for part in parts -%}
            coalesce({{ part }}_weight, 0){{ " +" if not loop.last }}
            {% endfor %}, 0
        ) as score
    from side_by_side
),

purchasing_power as (
    select
        measures.card_id,
        measures.amount,
        measures.visits,
        measures.tenure as days_since_registration,
        measures.recency as days_since_last_purchase,
        measures.high_price_share,
        measures.low_price_share,
        measures.discounted_share,
        measures.below_price_share,
        measures.without_points_share,
        measures.amount_per_order,
        measures.pieces_per_order,
        {% for part in parts -%}
        100 * scores.{{ part }}_place as {{ part }}_score,
        {% endfor -%}
        scores.score
    from measures
    left join scores on measures.card_id = scores.card_id
)

select * from purchasing_power
order by card_id
