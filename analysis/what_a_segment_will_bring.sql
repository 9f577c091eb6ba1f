-- What is each segment expected to spend within the horizon, by the best method? One row per segment and state.
select
    segment_name_en,
    state_name_en,
    count(*) as members,
    max(horizon_days) as days,
    round(sum(expected_purchases), 0) as expected_visits,
    round(sum(expected_value), 0) as expected_amount
from {{ ref('member_overview') }}
where segment is not null and expected_value is not null
group by segment, segment_name_en, state_name_en
order by segment, expected_amount desc nulls last, state_name_en
