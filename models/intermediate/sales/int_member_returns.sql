with sales_lines as (
    select * from {{ ref('int_sales_lines_classified') }}
    where reason = 'return' and customer_type = 'member'
),

retailer as (
    select * from {{ ref('raw_retailer') }}
),

-- Some tills write what is paid back without its minus.
member_returns as (
    select
        sales_lines.* exclude (reason, customer_type, quantity, amount, points, purchased_at),
        sales_lines.purchased_at as returned_at,
        abs(sales_lines.quantity) as returned_quantity,
        abs(sales_lines.amount) as returned_amount,
        abs(sales_lines.points) as returned_points,
        -- Where purchases count only with points, so do their returns.
        not retailer.require_points or coalesce(sales_lines.points, 0) <> 0 as is_of_counted_purchase
    from sales_lines
    cross join retailer
)

select * from member_returns
