{%- set features = ['l', 'r', 'f', 'm', 'p'] -%}
with model as (
    select * from {{ ref('int_cluster_model') }}
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

mean_values as (
    {% for feature in features -%}
    select
        scaling,
        n_clusters,
        cluster,
        segment,
        members,
        '{{ feature }}' as feature,
        {{ feature }} as mean_value
    from clusters
    where {{ feature }} is not null
    {{ "union all" if not loop.last }}
    {% endfor -%}
),

centers as (
    select
        model.scaling,
        model.n_clusters,
        mean_values.segment as cluster,
        mean_values.members,
        model.feature,
        model.value as center,
        mean_values.mean_value
    from model
    inner join mean_values
        on
            model.scaling = mean_values.scaling
            and model.n_clusters = mean_values.n_clusters
            and model.cluster = mean_values.cluster
            and model.feature = mean_values.feature
    where model.kind = 'center'
)

select * from centers
order by scaling, n_clusters, cluster, feature
