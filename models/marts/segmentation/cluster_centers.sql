with model as (
    select * from {{ ref('int_cluster_model') }}
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

mean_values as (
    unpivot clusters on l, r, f, m, p into name feature value mean_value
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
