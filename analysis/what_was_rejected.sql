-- What became of the sales lines that are no purchase of a member? One row per reason, the most frequent first.
select
    reason,
    reason_name_en,
    count(*) as lines,
    round(sum(amount), 2) as amount
from {{ ref('rejected_sales_lines') }}
group by reason, reason_name_en
order by lines desc, reason
