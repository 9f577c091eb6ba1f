{%- set features = var('cluster_features') -%}
with members as (
    select * from {{ ref('int_buyer_features') }}
),

model as (
    select * from {{ ref('int_cluster_model') }}
),

scalers as (
    select
        scaling,
        {% for feature in features -%}
        max(value) filter (where kind = 'shift' and feature = '{{ feature }}') as {{ feature }}_shift,
        max(value) filter (where kind = 'scale' and feature = '{{ feature }}') as {{ feature }}_scale,
        max(value) filter (where kind = 'is_log' and feature = '{{ feature }}') = 1 as {{ feature }}_is_log{{ "," if not loop.last }}
        {% endfor %}
    from model
    where kind in ('shift', 'scale', 'is_log')
    group by scaling
),

centers as (
    select
        scaling,
        n_clusters,
        cluster,
        {% for feature in features -%}
        max(value) filter (where feature = '{{ feature }}') as {{ feature }}{{ "," if not loop.last }}
        {% endfor %}
    from model
    where kind = 'center'
    group by scaling, n_clusters, cluster
),

scaled as (
    select
        members.card_id,
        scalers.scaling,
        {% for feature in features -%}
        (
            case when scalers.{{ feature }}_is_log then ln(1 + greatest(members.{{ feature }}, 0)) else members.{{ feature }} end
            - scalers.{{ feature }}_shift
        ) / scalers.{{ feature }}_scale as {{ feature }}{{ "," if not loop.last }}
        {% endfor %}
    from members
    cross join scalers
),

-- A feature that the retailer does not record has no centre and adds nothing to the distance.
distances as (
    select
        scaled.card_id,
        centers.scaling,
        centers.n_clusters,
        centers.cluster,
        {% for feature in features -%}
        coalesce((scaled.{{ feature }} - centers.{{ feature }}) ** 2, 0){{ " +" if not loop.last }}
        {% endfor %} as squared_distance
    from scaled
    inner join centers on scaled.scaling = centers.scaling
),

nearest as (
    select
        card_id,
        scaling,
        n_clusters,
        min({'squared_distance': squared_distance, 'cluster': cluster}) as best
    from distances
    group by card_id, scaling, n_clusters
),

assignments as (
    select
        card_id,
        scaling,
        n_clusters,
        best.cluster,
        best.squared_distance
    from nearest
)

select * from assignments
