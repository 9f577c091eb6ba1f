-- What became of the sales lines that are no purchase of a member? One row per reason, the most frequent first.
select
    reason,
    reason_name_en,
    count(*) as lines,
    round(sum(amount), 2) as amount,
    round(coalesce(sum(amount) filter (where is_counted), 0), 2) as bought_by_others,
    round(coalesce(sum(amount) filter (where quantity < 0 or amount < 0), 0), 2) as with_a_minus
from {{ ref('rejected_sales_lines') }}
group by reason, reason_name_en
order by lines desc, reason
