-- Where do members spend a larger part of their money than unregistered cards do? One row per large counter.
select
    members.counter_code,
    members.counter_name,
    round(100 * members.amount_share, 2) as percent_of_members_amount,
    round(100 * others.amount_share, 2) as percent_of_unregistered_amount,
    round(members.amount_share / others.amount_share, 2) as relative_share
from {{ ref('counter_comparison') }} as members
inner join {{ ref('counter_comparison') }} as others on members.counter_code = others.counter_code
where members.customer_type = 'member' and others.customer_type = 'unregistered_card'
order by relative_share desc, members.counter_code
