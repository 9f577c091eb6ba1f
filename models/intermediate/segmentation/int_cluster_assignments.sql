{{ config(materialized='view') }}

with buyers as (
    select * from {{ ref('lrfmpsx') }}
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

assignments as (
    select
        card_id,
        scaling,
        n_clusters,
        {{ nearest_center('features', 'centers') }} as cluster
    from scaled
)

select * from assignments
