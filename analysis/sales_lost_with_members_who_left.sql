-- What did lost members spend in the year up to their last visit, where the data cover it? One row per year of leaving.
-- The years do not compare: of the latest, only those who used to come often are lost already.
select
    year(lost.last_visit_date) as year_of_last_visit,
    count(distinct lost.card_id) as members,
    round(count(distinct orders.card_id || orders.purchased_at::date) / count(distinct lost.card_id), 1) as visits_each,
    round(sum(orders.amount), 2) as amount_of_last_year,
    round(sum(orders.amount) / count(distinct lost.card_id), 2) as amount_per_member
from {{ ref('member_life_cycle') }} as lost
inner join {{ ref('orders') }} as orders on lost.card_id = orders.card_id
where lost.state = 'lost' and cast(orders.purchased_at as date) between last_visit_date - 364 and last_visit_date
    and last_visit_date - 364 >= (select min(month_start) from {{ ref('eda_coverage') }})
    and not exists (select 1 from {{ ref('eda_coverage') }} where status <> 'complete'
        and month_start between date_trunc('month', last_visit_date - 364) and last_visit_date)
group by year_of_last_visit order by year_of_last_visit desc
