with members as (
    select * from {{ ref('int_buyer_features') }}
),

selected_assignments as (
    select assignments.*
    from {{ ref('int_cluster_assignments') }} as assignments
    inner join {{ ref('int_cluster_selection') }} as selection
        on
            assignments.scaling = selection.scaling
            and assignments.n_clusters = selection.n_clusters
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

-- Where nothing could be clustered (too few different buyers) all are one segment.
numbered as (
    select
        members.card_id,
        coalesce(clusters.segment, 1) as segment,
        coalesce(clusters.n_clusters, 1) as n_clusters
    from members
    left join selected_assignments on members.card_id = selected_assignments.card_id
    left join clusters
        on
            selected_assignments.scaling = clusters.scaling
            and selected_assignments.n_clusters = clusters.n_clusters
            and selected_assignments.cluster = clusters.cluster
)

select * from numbered
