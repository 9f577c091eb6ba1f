with scores as (
    select * from {{ ref('int_cluster_scores') }}
),

judged as (
    select
        *,
        is_stable and smallest_share >= {{ var('cluster_smallest_share') }} as is_candidate
    from scores
),

-- Places among the candidates of the rule stable; the mean place over three scores decides.
placed as (
    select
        *,
        rank() over (partition by scaling, is_candidate order by silhouette desc)
        + rank() over (partition by scaling, is_candidate order by davies_bouldin)
        + rank() over (partition by scaling, is_candidate order by calinski_harabasz desc) as summed_places
    from judged
),

-- One solution of the chosen scaling becomes the segments. Without a candidate it is the one with the best silhouette;
-- is_stable says whether that is stable.
chosen as (
    select
        {{ all_but('placed', ['summed_places']) }},
        scaling = '{{ var("cluster_scaling") }}'
        and row_number() over (
            partition by scaling
            order by
                {% if var('cluster_selection_rule') == 'stable' -%}
                is_candidate desc,
                case when is_candidate then summed_places end,
                {% endif -%}
                silhouette desc,
                n_clusters
        ) = 1 as is_selected
    from placed
)

select * from chosen
order by scaling, n_clusters
