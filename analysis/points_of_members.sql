-- How many points do members have left? What they earned is recorded, what they spent is not. One row per segment.
select
    segment_name_en,
    count(*) as members,
    sum(points) as points_earned,
    'not recorded' as points_spent,
    'unknown' as points_balance
from {{ ref('member_overview') }}
where points is not null
group by segment, segment_name_en
order by segment
