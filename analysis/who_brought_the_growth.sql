-- Who brought what the last month has more than a year before? One row per type of customer and age of members.
with months as (
    select max(now.month_start) as month from {{ ref('eda_coverage') }} as now
    inner join {{ ref('eda_coverage') }} as before on now.month_start - interval 1 year = before.month_start
    where now.status = 'complete' and before.status = 'complete'
), sales as (
    select case when customer_type <> 'member' then customer_type
        when registered_at >= purchased_at - interval 1 year then 'member_below_a_year' else 'older_member' end as who,
        date_trunc('month', purchased_at) as sold_in, amount
    from {{ ref('orders') }} as orders left join {{ ref('members') }} as members on orders.card_id = members.card_id
) select who, round(sum(amount) filter (where sold_in = month), 2) as amount,
    round(sum(amount) filter (where sold_in <> month), 2) as amount_year_before,
    round(sum(case when sold_in = month then amount else -amount end), 2) as more
from sales, months where sold_in in (month, month - interval 1 year) group by who order by more desc, who
