with buyers as (
    select * from {{ ref('lrfmpsx') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

selected as (
    select * from {{ ref('cluster_scores') }}
    where is_selected
),

-- Where nothing could be clustered, nothing is stable.
trust as (
    select coalesce(bool_and(is_stable), false) as is_stable
    from selected
),

means as (
    select
        segments.segment,
        segments.segment_code,
        segments.segment_name_zh,
        segments.segment_name_en,
        count(*) as members,
        count(*) / sum(count(*)) over () as member_share,
        cast(sum(buyers.m) / nullif(sum(sum(buyers.m)) over (), 0) as double) as amount_share,
        {{ months_of_days('avg(buyers.days_since_registration)') }} as l,
        {{ months_of_days('avg(buyers.days_since_last_purchase)') }} as r,
        avg(buyers.f) as f,
        {{ mean('buyers.m') }} as m,
        {{ mean('buyers.p') }} as p
    from buyers
    inner join segments on buyers.card_id = segments.card_id
    group by segments.segment, segments.segment_code, segments.segment_name_zh, segments.segment_name_en
),

summary as (
    select
        means.*,
        trust.is_stable,
        {{ is_small('means.members') }} as is_small
    from means
    cross join trust
)

select * from summary
order by segment
