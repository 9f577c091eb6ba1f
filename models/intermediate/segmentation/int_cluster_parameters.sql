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

-- A feature that the retailer does not record has no centre; with 0 for buyers too it adds nothing to a distance.
centers as (
    select
        scaling,
        n_clusters,
        cluster,
        {% for feature in features -%}
        coalesce(max(value) filter (where feature = '{{ feature }}'), 0) as {{ feature }}{{ "," if not loop.last }}
        {% endfor %}
    from model
    where kind = 'center'
    group by scaling, n_clusters, cluster
),

solutions as (
    select
        scaling,
        n_clusters,
        {{ list_by(list_of(features), 'cluster') }} as centers
    from centers
    group by scaling, n_clusters
),

parameters as (
    select
        {% for feature in features -%}
        scalers.{{ feature }}_shift,
        scalers.{{ feature }}_scale,
        scalers.{{ feature }}_is_log,
        {% endfor -%}
        solutions.scaling,
        solutions.n_clusters,
        solutions.centers
    from solutions
    inner join scalers on solutions.scaling = scalers.scaling
)

select * from parameters
