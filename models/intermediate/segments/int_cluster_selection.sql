with scores as (
    select * from {{ ref('int_cluster_scores') }}
    where scaling = '{{ var("cluster_scaling") }}'
),

-- Places among the solutions that can be trusted; the mean place over three scores decides.
placed as (
    select
        *,
        is_stable and smallest_share >= {{ var('cluster_smallest_share') }} as can_be_trusted,
        rank() over (partition by can_be_trusted order by silhouette desc)
        + rank() over (partition by can_be_trusted order by davies_bouldin)
        + rank() over (partition by can_be_trusted order by calinski_harabasz desc) as summed_places
    from scores
),

-- Where nothing can be trusted the best silhouette is taken, and is_stable says that it is not stable.
chosen as (
    select
        scaling,
        n_clusters,
        is_stable
    from placed
    order by
        {% if var('cluster_selection_rule') == 'stable' -%}
        can_be_trusted desc,
        case when can_be_trusted then summed_places end,
        {% endif -%}
        silhouette desc,
        n_clusters
    limit 1
)

select * from chosen
