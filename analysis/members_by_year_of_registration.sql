-- Do the members of later years buy as those of earlier ones do? One row per year of registration.
select
    year(registration_date) as registered_in,
    count(*) as members,
    round(100 * avg(cast(orders > 0 as integer)), 1) as percent_who_bought,
    round(100 * avg(cast(orders > 1 as integer)), 1) as percent_who_came_again,
    round(avg(amount) filter (where orders > 0), 2) as amount_per_buyer
from {{ ref('member_overview') }}
group by registered_in
order by registered_in desc nulls last
