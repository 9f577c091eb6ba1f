with assignments as (
    select * from {{ ref('int_cluster_assignments') }}
),

members as (
    select * from {{ ref('int_buyer_features') }}
),

profiles as (
    select
        assignments.scaling,
        assignments.n_clusters,
        assignments.cluster,
        count(*) as members,
        avg(members.days_since_registration) / 30 as l,
        avg(members.days_since_last_purchase) / 30 as r,
        avg(members.f) as f,
        avg(members.m) as m,
        avg(members.p) as p
    from assignments
    inner join members on assignments.card_id = members.card_id
    group by assignments.scaling, assignments.n_clusters, assignments.cluster
),

-- Cluster 1 is the most valuable one: the highest mean spending.
numbered as (
    select
        *,
        cast(row_number() over (partition by scaling, n_clusters order by m desc, members, cluster) as integer) as segment
    from profiles
)

select * from numbered
