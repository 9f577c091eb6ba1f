with buyer_months as (
    select * from {{ ref('int_buyer_months') }}
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

distances as (
    select
        buyer_months.card_id,
        buyer_months.month_start,
        selected_parameters.cluster,
        {{ squared_distance('buyer_months', 'selected_parameters') }} as squared_distance
    from buyer_months
    cross join selected_parameters
),

nearest as (
    select
        card_id,
        month_start,
        min({'squared_distance': squared_distance, 'cluster': cluster}).cluster as cluster
    from distances
    group by card_id, month_start
),

numbered as (
    select
        nearest.card_id,
        nearest.month_start,
        clusters.segment
    from nearest
    inner join clusters on nearest.cluster = clusters.cluster
)

select * from numbered
