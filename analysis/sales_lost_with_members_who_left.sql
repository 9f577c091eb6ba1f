-- What did lost members spend in the year up to their last visit? One row per year in which they left.
select
    year(lost.last_visit_date) as year_of_last_visit,
    count(distinct lost.card_id) as members,
    sum(lines.amount) as amount_of_last_year,
    round(sum(lines.amount) / count(distinct lost.card_id), 2) as amount_per_member
from {{ ref('member_life_cycle') }} as lost
inner join {{ ref('vip_info') }} as lines on lost.card_id = lines.card_id
where
    lost.state = 'lost'
    and cast(lines.purchased_at as date) between lost.last_visit_date - 364 and lost.last_visit_date
group by year_of_last_visit
order by year_of_last_visit desc
