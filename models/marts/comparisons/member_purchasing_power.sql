{%- set parts = [
    'amount', 'orders', 'tenure', 'recency', 'high_price_share', 'discounted_share', 'amount_per_order',
    'pieces_per_order',
] -%}
with measures as (
    select * from {{ ref('int_buyer_measures') }}
),

places as (
    select * from {{ ref('int_purchasing_power_places') }}
),

-- The weights of the parts that are recorded add up to one.
scores as (
    select
        card_id,
        {% for part in parts -%}
        100 * max(place) filter (where part = '{{ part }}') as {{ part }}_score,
        {% endfor -%}
        100 * sum(weight * place order by part) / nullif(sum(weight order by part), 0) as score
    from places
    group by card_id
),

purchasing_power as (
    select
        measures.card_id,
        measures.amount,
        measures.orders,
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
        scores.{{ part }}_score,
        {% endfor -%}
        scores.score
    from measures
    left join scores on measures.card_id = scores.card_id
)

select * from purchasing_power
order by card_id
