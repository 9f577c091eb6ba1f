with assignments as (
    select * from {{ ref('int_cluster_assignments') }}
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

previous_segments as (
    select * from {{ ref('int_previous_segments') }}
),

profiles as (
    select
        assignments.scaling,
        assignments.n_clusters,
        assignments.cluster,
        count(*) as members,
        {{ months_of_days('avg(buyers.days_since_registration)') }} as l,
        {{ months_of_days('avg(buyers.days_since_last_purchase)') }} as r,
        avg(buyers.f) as f,
        {{ mean('buyers.m') }} as m,
        {{ mean('buyers.p') }} as p
    from assignments
    inner join buyers on assignments.card_id = buyers.card_id
    group by assignments.scaling, assignments.n_clusters, assignments.cluster
),

-- Cluster 1 is the most valuable one: the highest mean spending.
ranked as (
    select
        profiles.*,
        previous_segments.previous_segment,
        row_number() over (
            partition by profiles.scaling, profiles.n_clusters
            order by profiles.m desc, profiles.members, profiles.cluster
        ) as value_rank
    from profiles
    left join previous_segments
        on
            profiles.scaling = previous_segments.scaling
            and profiles.n_clusters = previous_segments.n_clusters
            and profiles.cluster = previous_segments.cluster
),

-- Numbers of the model before are kept as long as number 1 is still the most valuable.
numbered as (
    select
        scaling,
        n_clusters,
        cluster,
        members,
        l,
        r,
        f,
        m,
        p,
        cast(case
            when
                bool_and((value_rank = 1) is not distinct from (previous_segment = 1))
                    over (partition by scaling, n_clusters) then previous_segment
            else value_rank
        end as integer) as segment
    from ranked
)

select * from numbered
