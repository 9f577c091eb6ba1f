-- What was sold, what came back, and does it add up to the files? One row per month and type of customer.
-- With a minus: returns and corrections. Left out: the rest. A receipt counts in the month in which it began.
with lines as (
    select cast(date_trunc('month', purchased_at) as date) as month, customer_type, round(sum(amount), 2) as amount,
        round(coalesce(sum(amount) filter (where quantity < 0 or amount < 0), 0), 2) as with_a_minus,
        round(coalesce(sum(amount) filter (where reason = 'no_points'), 0), 2) as without_points
    from {{ ref('sales_lines') }} group by all
), sales as (
    select cast(date_trunc('month', purchased_at) as date) as month, customer_type, round(sum(amount), 2) as amount
    from {{ ref('orders') }} group by all
)
select lines.month as month_start, lines.customer_type, lines.amount as amount_in_the_files,
    coalesce(sales.amount, 0) as sold, lines.without_points, lines.with_a_minus,
    lines.amount - coalesce(sales.amount, 0) - lines.without_points - lines.with_a_minus as left_out
from lines left join sales on lines.month = sales.month and lines.customer_type = sales.customer_type
order by lines.month desc nulls last, lines.customer_type
