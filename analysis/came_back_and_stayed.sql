-- Do silent and lost members who come back on promotion days come again? One row for promotion days and one for others.
with visits as (
    select distinct card_id, cast(purchased_at as date) as day from {{ ref('orders') }} where customer_type = 'member'
), back as (
    select months.card_id, min(day) as day from {{ ref('member_life_cycle_months') }} as months
    inner join visits on months.card_id = visits.card_id and date_trunc('month', day) = month_start
    where previous_state in ('silent', 'lost') group by months.card_id, month_start
), later as (
    select back.card_id, back.day, count(visits.day) > 0 as has_stayed from back
    left join visits on back.card_id = visits.card_id and visits.day between back.day + 1 and back.day + 90
    where back.day <= (select max(as_of) - 90 from {{ ref('member_overview') }}) group by back.card_id, back.day
) select is_promotion_day, count(*) as came_back,
    round(100 * avg(has_stayed::integer), 1) as percent_again_within_90_days
from later inner join {{ ref('dates') }} as dates on later.day = dates.day group by 1 order by 1
