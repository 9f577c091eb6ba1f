{{ config(materialized='view') }}

with buyer_months as (
    select * from {{ ref('int_buyer_months') }}
),

parameters as (
    select * from {{ ref('int_cluster_parameters') }}
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

selected as (
    select * from {{ ref('cluster_scores') }}
    where is_selected
),

selected_parameters as (
    select parameters.*
    from parameters
    inner join selected on parameters.scaling = selected.scaling and parameters.n_clusters = selected.n_clusters
),

selected_clusters as (
    select clusters.*
    from clusters
    inner join selected on clusters.scaling = selected.scaling and clusters.n_clusters = selected.n_clusters
),

scaled as (
    select
        buyer_months.*,
        selected_parameters.centers,
        {{ scaled_features('buyer_months', 'selected_parameters') }} as features
    from buyer_months
    left join selected_parameters on true
),

assigned as (
    select
        *,
        {{ nearest_center('features', 'centers') }} as cluster
    from scaled
),

-- Where nothing could be clustered all are one segment.
numbered as (
    select
        {{ all_but('assigned', ['centers', 'features', 'cluster']) }},
        coalesce(selected_clusters.segment, 1) as segment
    from assigned
    left join selected_clusters on assigned.cluster = selected_clusters.cluster
)

select * from numbered
