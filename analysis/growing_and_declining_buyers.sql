-- Who grows, who declines against the own past year, and how much is it? One row per level, the largest first.
select
    level_name_en as level,
    count(*) as buyers,
    count(*) filter (where is_beyond_chance) as beyond_chance,
    sum(earlier_amount) as earlier_amount,
    sum(amount) as amount
from {{ ref('member_growth') }}
group by level, level_name_en
order by buyers desc, level
