with buyers as (
    select * from {{ ref('lrfmpsx') }}
),

assignments as (
    select * from {{ ref('int_cluster_assignments') }}
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

selected as (
    select * from {{ ref('cluster_scores') }}
    where is_selected
),

segment_names as (
    select * from {{ ref('segment_names') }}
),

selected_clusters as (
    select
        assignments.card_id,
        clusters.n_clusters,
        clusters.segment
    from assignments
    inner join selected
        on assignments.scaling = selected.scaling and assignments.n_clusters = selected.n_clusters
    inner join clusters
        on
            assignments.scaling = clusters.scaling
            and assignments.n_clusters = clusters.n_clusters
            and assignments.cluster = clusters.cluster
),

-- Where nothing could be clustered (too few different buyers) all are one segment.
numbered as (
    select
        buyers.card_id,
        coalesce(selected_clusters.n_clusters, 1) as n_clusters,
        coalesce(selected_clusters.segment, 1) as segment
    from buyers
    left join selected_clusters on buyers.card_id = selected_clusters.card_id
),

named as (
    select
        numbered.card_id,
        numbered.segment,
        segment_names.segment_code,
        segment_names.name_zh as segment_name_zh,
        segment_names.name_en as segment_name_en,
        numbered.n_clusters
    from numbered
    left join segment_names
        on numbered.n_clusters = segment_names.n_clusters and numbered.segment = segment_names.segment
)

select * from named
order by card_id
