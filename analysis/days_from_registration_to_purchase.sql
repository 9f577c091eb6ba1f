-- How soon do new members buy? One row per year of registration, of members registered half a year ago or longer.
with first_purchases as (
    select year(registered_at) as registered_in, min(date_diff('day', registered_at, purchased_at)) as first_day,
        min(date_diff('day', registered_at, purchased_at))
            filter (where cast(purchased_at as date) >= cast(registered_at as date)) as days
    from {{ ref('members') }} as members
    left join {{ ref('orders') }} as orders on members.card_id = orders.card_id and orders.customer_type = 'member'
    where (select has_registered_at from {{ ref('retailer') }})
        and registered_at >= (select min(month_start) from {{ ref('eda_coverage') }})
        and registered_at < (select max(as_of) - interval 180 day from {{ ref('member_overview') }})
    group by members.card_id, registered_at
)
select registered_in, count(*) as members,
    round(100.0 * count(*) filter (where first_day < 0) / count(*), 1) as percent_bought_before,
    round(100.0 * count(*) filter (where days < 180) / count(*), 1) as percent_within_180_days,
    median(days) filter (where days < 180) as median_days
from first_purchases group by registered_in order by registered_in desc
