with members as (
    select * from {{ ref('int_buyer_features') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

selection as (
    select coalesce(bool_and(is_stable), false) as is_stable from {{ ref('int_cluster_selection') }}
),

summary as (
    select
        segments.segment,
        segments.segment_code,
        segments.segment_name_zh,
        segments.segment_name_en,
        count(*) as members,
        count(*) / sum(count(*)) over () as member_share,
        cast(sum(members.m) / sum(sum(members.m)) over () as double) as amount_share,
        avg(members.days_since_registration) / 30 as l,
        avg(members.days_since_last_purchase) / 30 as r,
        avg(members.f) as f,
        avg(members.m) as m,
        avg(members.p) as p
    from members
    inner join segments on members.card_id = segments.card_id
    group by segments.segment, segments.segment_code, segments.segment_name_zh, segments.segment_name_en
)

select
    summary.*,
    selection.is_stable
from summary
cross join selection
order by summary.segment
