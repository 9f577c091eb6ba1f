-- Which share of the silent and the lost members buys again, by month? One row per complete month, the latest first.
select
    month_start,
    max(inactive_members) filter (where previous_state = 'silent') as silent_members,
    round(100 * max(activation_rate) filter (where previous_state = 'silent'), 2) as percent_of_silent_activated,
    max(inactive_members) filter (where previous_state = 'lost') as lost_members,
    round(100 * max(activation_rate) filter (where previous_state = 'lost'), 2) as percent_of_lost_activated
from {{ ref('activation_by_month') }}
where month_status = 'complete'
group by month_start
order by month_start desc
