with model as (
    select * from {{ ref('int_cluster_model') }}
),

selection as (
    select * from {{ ref('int_cluster_selection') }}
),

scores as (
    select
        scaling,
        n_clusters,
        max(value) filter (where kind = 'silhouette') as silhouette,
        max(value) filter (where kind = 'inertia') as inertia,
        max(value) filter (where kind = 'davies_bouldin') as davies_bouldin,
        max(value) filter (where kind = 'calinski_harabasz') as calinski_harabasz,
        max(value) filter (where kind = 'smallest_share') as smallest_share
    from model
    where n_clusters is not null
    group by scaling, n_clusters
),

with_selection as (
    select
        scores.*,
        selection.n_clusters is not null as is_selected
    from scores
    left join selection
        on scores.scaling = selection.scaling and scores.n_clusters = selection.n_clusters
)

select * from with_selection
order by scaling, n_clusters
