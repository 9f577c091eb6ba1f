-- Rows of a code agree in its names, thresholds rise, and the last rule of segments fits all.
with rfm_rules as (
    select * from {{ ref('rfm_rules') }}
),

seasons as (
    select * from {{ ref('seasons') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

segment_names as (
    select * from {{ ref('segment_names') }}
)

select
    'rfm_rules: all rows of a code must have the same sort_order and names' as problem,
    code as of_row
from rfm_rules
group by rule_set, code
having count(distinct row(sort_order, name_zh, name_en)) > 1
union all
select
    'seasons: all rows of a season must have the same season_no and names' as problem,
    season as of_row
from seasons
group by season
having count(distinct row(season_no, name_zh, name_en)) > 1
union all
select
    'life_cycle_states: gap_quantile must rise from slowing to silent and from there to lost' as problem,
    later.state as of_row
from states as later
inner join states as earlier on (earlier.state, later.state) in (('slowing', 'silent'), ('silent', 'lost'))
where later.gap_quantile <= earlier.gap_quantile
union all
select
    'segment_names: the last rule must fit every segment, without any bound' as problem,
    segment_code as of_row
from segment_names
qualify
    rule_no = max(rule_no) over ()
    and coalesce(member_share_from, m_from, f_from, f_below, r_from, l_below, cast(is_most_valuable as integer))
    is not null
