with scores as (
    select * from {{ ref('int_cluster_scores') }}
),

selection as (
    select * from {{ ref('int_cluster_selection') }}
),

with_selection as (
    select
        scores.*,
        selection.n_clusters is not null as is_selected
    from scores
    left join selection
        on scores.scaling = selection.scaling and scores.n_clusters = selection.n_clusters
)

select * from with_selection
order by scaling, n_clusters
