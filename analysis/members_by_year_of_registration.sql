-- Do later members buy as earlier ones do? By year of registration, the first 180 days of those whom the data cover.
with first_days as (
    select members.card_id, year(registered_at) as registered_in, count(order_id) as orders, sum(amount) as amount
    from {{ ref('members') }} as members left join {{ ref('orders') }} as orders
        on members.card_id = orders.card_id and orders.customer_type = 'member'
            and purchased_at >= date_trunc('day', registered_at) and purchased_at < registered_at + interval 180 day
    where (select has_registered_at from {{ ref('retailer') }})
        and registered_at <= (select max(as_of) - interval 180 day from {{ ref('member_overview') }})
        and (select count(*) from {{ ref('eda_coverage') }} where status = 'complete'
            and month_start between date_trunc('month', registered_at) and registered_at + interval 180 day
        ) = date_diff('month', registered_at, registered_at + interval 180 day) + 1
    group by members.card_id, registered_at
) select registered_in, count(*) as members, round(100 * avg((orders > 0)::integer), 1) as percent_who_bought,
    round(100 * avg((orders > 1)::integer), 1) as percent_who_came_again,
    round(avg(amount) filter (where orders > 0), 2) as amount_per_buyer from first_days group by 1 order by 1 desc
