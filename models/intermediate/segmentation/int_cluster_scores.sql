with model as (
    select * from {{ ref('int_cluster_model') }}
),

scores as (
    select
        scaling,
        n_clusters,
        max(value) filter (where kind = 'silhouette') as silhouette,
        max(value) filter (where kind = 'silhouette_standard_error') as silhouette_standard_error,
        cast(max(value) filter (where kind = 'silhouette_sample_size') as bigint) as silhouette_sample_size,
        max(value) filter (where kind = 'inertia') as inertia,
        max(value) filter (where kind = 'davies_bouldin') as davies_bouldin,
        max(value) filter (where kind = 'calinski_harabasz') as calinski_harabasz,
        max(value) filter (where kind = 'smallest_share') as smallest_share,
        max(value) filter (where kind = 'adjusted_rand') as adjusted_rand,
        min(value) filter (where kind = 'jaccard') as smallest_jaccard,
        max(value) filter (where kind = 'gap') as gap,
        max(value) filter (where kind = 'gap_error') as gap_error
    from model
    where n_clusters > 1
    group by scaling, n_clusters
),

one_group as (
    select
        scaling,
        value as gap
    from model
    where kind = 'gap' and n_clusters = 1
),

samples as (
    select
        scaling,
        cast(value as bigint) as sample_size
    from model
    where kind = 'sample_size'
),

-- Trustworthy is what refits find again and what is more than one group without structure.
judged as (
    select
        scores.*,
        samples.sample_size,
        scores.gap - scores.gap_error > one_group.gap as has_structure,
        has_structure and scores.smallest_jaccard >= {{ var('cluster_valid_jaccard') }} as is_stable
    from scores
    inner join one_group on scores.scaling = one_group.scaling
    inner join samples on scores.scaling = samples.scaling
)

select * from judged
