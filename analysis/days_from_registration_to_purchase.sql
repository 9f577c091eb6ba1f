-- How soon do new members buy? One row per year of registration, of members whose first 180 days the data cover wholly.
with first_purchases as (
    select year(registered_at) as registered_in, min(date_diff('day', registered_at, purchased_at)) as earliest,
        min(date_diff('day', registered_at, purchased_at))
            filter (where purchased_at::date >= registered_at::date) as days
    from {{ ref('members') }} as members
    left join {{ ref('orders') }} as orders on members.card_id = orders.card_id and orders.customer_type = 'member'
    where (select has_registered_at from {{ ref('retailer') }})
        and registered_at <= (select max(as_of) - interval 180 day from {{ ref('member_overview') }})
        and (select count(*) from {{ ref('eda_coverage') }} where status = 'complete'
            and month_start between date_trunc('month', registered_at) and registered_at + interval 180 day
        ) = date_diff('month', registered_at, registered_at + interval 180 day) + 1
    group by members.card_id, registered_at
) select registered_in, count(*) as members, round(100 * count_if(earliest < 0) / count(*), 1) as percent_bought_before,
    round(100 * count_if(days < 180) / count(*), 1) as percent_within_180_days,
    median(days) filter (where days < 180) as median_days_of_these from first_purchases group by 1 order by 1 desc
