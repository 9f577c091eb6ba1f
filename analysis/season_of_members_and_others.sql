-- When in the year do members buy more than others, in complete months? One row per season; above 1: more than others.
select
    members.name_en as season,
    round(100 * members.share, 1) as percent_of_members_orders,
    round(100 * others.share, 1) as percent_of_others_orders,
    round(members.share / others.share, 3) as relative_share
from {{ ref('customer_type_rhythm') }} as members
inner join {{ ref('customer_type_rhythm') }} as others
    on members.rhythm = others.rhythm and members.position = others.position
where
    members.rhythm = 'season'
    and members.customer_type = 'member'
    and others.customer_type = 'no_card'
order by relative_share desc, season
