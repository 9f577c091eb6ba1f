{{ config(materialized='view') }}

with buyer_months as (
    select * from {{ ref('int_buyer_month_scores') }}
),

selection as (
    select * from {{ ref('int_cluster_selection') }}
),

selected_parameters as (
    select parameters.*
    from {{ ref('int_cluster_parameters') }} as parameters
    inner join selection
        on parameters.scaling = selection.scaling and parameters.n_clusters = selection.n_clusters
),

clusters as (
    select clusters.*
    from {{ ref('int_clusters_numbered') }} as clusters
    inner join selection
        on clusters.scaling = selection.scaling and clusters.n_clusters = selection.n_clusters
),

scaled as (
    select
        buyer_months.*,
        selected_parameters.centers,
        {{ scaled_features('buyer_months', 'selected_parameters') }} as features
    from buyer_months
    left join selected_parameters on true
),

distances as (
    select
        * exclude (centers, features),
        list_transform(centers, lambda center: list_distance(features, center)) as distances
    from scaled
),

-- Of equally near clusters the one with the smallest number. Where nothing could be clustered all are one segment.
numbered as (
    select
        distances.* exclude (distances),
        coalesce(clusters.segment, 1) as segment
    from distances
    left join clusters on list_position(distances.distances, list_min(distances.distances)) - 1 = clusters.cluster
)

select * from numbered
