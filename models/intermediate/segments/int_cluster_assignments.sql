{{ config(materialized='view') }}

with buyers as (
    select * from {{ ref('int_buyer_features') }}
),

parameters as (
    select * from {{ ref('int_cluster_parameters') }}
),

scaled as (
    select
        buyers.card_id,
        parameters.scaling,
        parameters.n_clusters,
        parameters.centers,
        {{ scaled_features('buyers', 'parameters') }} as features
    from buyers
    cross join parameters
),

distances as (
    select
        card_id,
        scaling,
        n_clusters,
        list_transform(centers, lambda center: list_distance(features, center)) as distances
    from scaled
),

-- Of equally near clusters, which are numbered from 0, the one with the smallest number.
assignments as (
    select
        card_id,
        scaling,
        n_clusters,
        list_position(distances, list_min(distances)) - 1 as cluster
    from distances
)

select * from assignments
