-- How many members has each segment and how much of the amount is theirs? One row per segment.
select
    segment,
    segment_name_en,
    members,
    round(100 * member_share, 1) as percent_of_members,
    round(100 * amount_share, 1) as percent_of_amount,
    round(m / f, 2) as mean_order
from {{ ref('segment_summary') }}
order by segment
