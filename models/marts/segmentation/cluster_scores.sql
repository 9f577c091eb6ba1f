with scores as (
    select * from {{ ref('int_cluster_scores') }}
),

judged as (
    select
        *,
        is_stable and smallest_share >= {{ var('cluster_smallest_share') }} as can_be_trusted
    from scores
),

-- Places among the solutions that can be trusted; the mean place over three scores decides.
placed as (
    select
        *,
        rank() over (partition by scaling, can_be_trusted order by silhouette desc)
        + rank() over (partition by scaling, can_be_trusted order by davies_bouldin)
        + rank() over (partition by scaling, can_be_trusted order by calinski_harabasz desc) as summed_places
    from judged
),

-- One solution of the chosen scaling becomes the segments. Where nothing can be trusted it is the one with the best
-- silhouette, and is_stable says that it is not stable.
chosen as (
    select
        {{ all_but('placed', ['can_be_trusted', 'summed_places']) }},
        scaling = '{{ var("cluster_scaling") }}'
        and row_number() over (
            partition by scaling
            order by
                {% if var('cluster_selection_rule') == 'stable' -%}
                can_be_trusted desc,
                case when can_be_trusted then summed_places end,
                {% endif -%}
                silhouette desc,
                n_clusters
        ) = 1 as is_selected
    from placed
)

select * from chosen
order by scaling, n_clusters
