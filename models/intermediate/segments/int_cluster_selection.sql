with model as (
    select * from {{ ref('int_cluster_model') }}
),

-- The original's rule: the best silhouette; of equals, the fewer groups.
best_silhouette as (
    select
        scaling,
        n_clusters
    from model
    where kind = 'silhouette' and scaling = '{{ var("cluster_scaling") }}'
    order by value desc, n_clusters
    limit 1
)

select * from best_silhouette
