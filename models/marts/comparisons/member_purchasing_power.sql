{%- set parts = [
    'amount', 'orders', 'tenure', 'recency', 'high_price_share', 'discounted_share', 'amount_per_order',
    'pieces_per_order',
] -%}
with measures as (
    select * from {{ ref('int_buyer_measures') }}
),

weights as (
    select * from {{ ref('purchasing_power_parts') }}
),

-- What is not recorded has no row here.
recorded as (
    {% for part in parts -%}
    select
        card_id,
        '{{ part }}' as part,
        cast({{ part }} as double) as part_value
    from measures
    where {{ part }} is not null
    {{ "union all" if not loop.last }}
    {% endfor -%}
),

-- Places from 0 to 1 among all buyers. Equal values share the middle of their places.
placed as (
    select
        recorded.card_id,
        recorded.part,
        weights.weight,
        weights.is_more_better,
        coalesce(
            (rank() over by_value - 1 + count(*) over by_value - 1) / 2
            / nullif(count(*) over (partition by recorded.part) - 1, 0),
            0.5
        ) as place
    from recorded
    inner join weights on recorded.part = weights.part
    window by_value as (partition by recorded.part order by recorded.part_value)
),

places as (
    select
        card_id,
        part,
        weight,
        case when is_more_better then place else 1 - place end as place
    from placed
),

scores as (
    select
        card_id,
        {% for part in parts -%}
        max(place) filter (where part = '{{ part }}') as {{ part }}_place,
        max(weight) filter (where part = '{{ part }}') as {{ part }}_weight{{ "," if not loop.last }}
        {% endfor %}
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
        measures.discounted_share,
        measures.below_price_share,
        measures.without_points_share,
        measures.amount_per_order,
        measures.pieces_per_order,
        {% for part in parts -%}
        100 * scores.{{ part }}_place as {{ part }}_score,
        {% endfor -%}
        -- The weights of the parts that are recorded add up to one; divided first, no score is above 100.
        100 * ((
            {% for part in parts | sort -%}
            coalesce(scores.{{ part }}_weight * scores.{{ part }}_place, 0){{ " +" if not loop.last }}
            {% endfor %}
        ) / nullif(
            {% for part in parts | sort -%}
            coalesce(scores.{{ part }}_weight, 0){{ " +" if not loop.last }}
            {% endfor %}, 0
        )) as score
    from measures
    left join scores on measures.card_id = scores.card_id
)

select * from purchasing_power
order by card_id
