-- At which counters are most of those who preferred it silent or lost? One row per counter with ten members or more.
select
    favourite_counter_code,
    favourite_counter_name,
    count(*) as members,
    round(100 * avg(cast(states.is_inactive as integer)), 1) as percent_silent_or_lost,
    coalesce(sum(overview.amount) filter (where states.is_inactive), 0) as their_amount_so_far
from {{ ref('member_overview') }} as overview
inner join {{ ref('life_cycle_states') }} as states on overview.state = states.state
where favourite_counter_code is not null
group by favourite_counter_code, favourite_counter_name
having count(*) >= 10
order by percent_silent_or_lost desc, favourite_counter_code
