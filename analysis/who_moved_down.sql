-- Who fell to a less valuable segment, and when? One row per buyer whose last change it was, the latest first.
select
    changes.card_id,
    changes.segment_change_date,
    changes.previous_segment,
    changes.segment,
    overview.amount,
    overview.days_since_last_purchase
from {{ ref('segment_changes') }} as changes
inner join {{ ref('member_overview') }} as overview on changes.card_id = overview.card_id
inner join {{ ref('segment_summary') }} as now on changes.segment = now.segment
inner join {{ ref('segment_summary') }} as before on changes.previous_segment = before.segment
where now.m < before.m
order by changes.segment_change_date desc, overview.amount desc, changes.card_id
