-- What was sold, what came back, and does it add up to the files? One row per month and type of customer.
with lines as (
    select cast(date_trunc('month', purchased_at) as date) as month_start, customer_type, sum(amount) as amount,
        coalesce(sum(amount) filter (where quantity < 0 or amount < 0), 0) as returned,
        coalesce(sum(amount) filter (where reason = 'no_points'), 0) as without_points
    from {{ ref('sales_lines') }} group by all
), sales as (
    select cast(date_trunc('month', purchased_at) as date) as month_start, customer_type, sum(amount) as amount
    from {{ ref('orders') }} group by all
)
select month_start, customer_type, round(lines.amount, 2) as amount_in_the_files,
    round(coalesce(sales.amount, 0), 2) as sold, round(without_points, 2) as without_points,
    round(returned, 2) as returned,
    round(lines.amount - coalesce(sales.amount, 0) - without_points - returned, 2) as left_out
from lines left join sales using (month_start, customer_type) order by month_start desc nulls last, customer_type
