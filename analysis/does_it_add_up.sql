-- What was sold, what came back, and does it add up to the files? One row per month and type of customer.
with lines as (
    select cast(date_trunc('month', purchased_at) as date) as month_start, customer_type, amount, case
        when quantity < 0 or amount < 0 then 'returned' when reason = 'no_points' then 'without_points'
        when reason is null or reason = 'unregistered_card' then 'sold'
        when reason = 'no_card' and {{ unsold_reason('lines') }} is null then 'sold' else 'left_out' end as kind
    from {{ ref('sales_lines') }} as lines
)
select month_start, customer_type, round(sum(amount), 2) as amount_in_the_files,
    round(coalesce(sum(amount) filter (where kind = 'sold'), 0), 2) as sold,
    round(coalesce(sum(amount) filter (where kind = 'without_points'), 0), 2) as without_points,
    round(coalesce(sum(amount) filter (where kind = 'returned'), 0), 2) as returned,
    round(coalesce(sum(amount) filter (where kind = 'left_out'), 0), 2) as left_out
from lines
group by month_start, customer_type order by month_start desc nulls last, customer_type
