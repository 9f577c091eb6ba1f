with buyers as (
    select * from {{ ref('int_buyer_features') }}
),

parameters as (
    select * from {{ ref('int_cluster_parameters') }}
),

distances as (
    select
        buyers.card_id,
        parameters.scaling,
        parameters.n_clusters,
        parameters.cluster,
        {{ squared_distance('buyers', 'parameters') }} as squared_distance
    from buyers
    cross join parameters
),

nearest as (
    select
        card_id,
        scaling,
        n_clusters,
        min({'squared_distance': squared_distance, 'cluster': cluster}) as best
    from distances
    group by card_id, scaling, n_clusters
),

assignments as (
    select
        card_id,
        scaling,
        n_clusters,
        best.cluster,
        best.squared_distance
    from nearest
)

select * from assignments
