-- How soon do new members buy? One row per year of registration, of members registered half a year ago or longer.
with first_purchases as (
    select year(members.registered_at) as registered_in, min(date_diff('day', registered_at, purchased_at)) as days
    from {{ ref('members') }} as members
    left join {{ ref('orders') }} as orders on members.card_id = orders.card_id and orders.customer_type = 'member'
    where
        members.registered_at >= (select min(month_start) from {{ ref('eda_coverage') }})
        and members.registered_at < (select max(as_of) - interval 180 day from {{ ref('member_overview') }})
    group by members.card_id, members.registered_at
)
select registered_in, count(*) as members,
    round(100.0 * count(*) filter (where days < 0) / count(*), 1) as percent_bought_before,
    round(100.0 * count(*) filter (where days < 180) / count(*), 1) as percent_within_180_days,
    median(days) filter (where days between 0 and 179) as median_days
from first_purchases group by registered_in order by registered_in desc
