-- What leaves one step enters the next.
select *
from {{ ref('cleaning_funnel') }}
qualify
    rows_in - rows_removed <> rows_out
    or rows_in <> lag(rows_out, 1, rows_in) over (partition by table_name order by step_no)
