-- What became of the sales lines that are in no mart? One row per reason, the most frequent first.
select
    reason,
    reason_name_en,
    count(*) as lines
from {{ ref('rejected_sales_lines') }}
group by reason, reason_name_en
order by lines desc, reason
