{%- set features = var('cluster_features') -%}
with model as (
    select * from {{ ref('int_cluster_model') }}
),

scalers as (
    select
        scaling,
        {% for feature in features -%}
        max(value) filter (where kind = 'shift' and feature = '{{ feature }}') as {{ feature }}_shift,
        max(value) filter (where kind = 'scale' and feature = '{{ feature }}') as {{ feature }}_scale,
        max(value) filter (where kind = 'is_log' and feature = '{{ feature }}') = 1
            as {{ feature }}_is_log{{ "," if not loop.last }}
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
        max(value) filter (where feature = '{{ feature }}') as {{ feature }}_center{{ "," if not loop.last }}
        {% endfor %}
    from model
    where kind = 'center'
    group by scaling, n_clusters, cluster
),

parameters as (
    select
        centers.*,
        scalers.* exclude (scaling)
    from centers
    inner join scalers on centers.scaling = scalers.scaling
)

select * from parameters
