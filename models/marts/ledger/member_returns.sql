with sales_lines as (
    select * from {{ ref('sales_lines') }}
    where reason = 'return' and customer_type = 'member'
),

members as (
    select * from {{ ref('members') }}
),

orders as (
    select * from {{ ref('orders') }}
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

-- Some tills write what is paid back without its minus. Without a member table, who only brings back is no member.
member_returns as (
    select
        sales_lines.source_file,
        sales_lines.row_no,
        sales_lines.card_id,
        -- A receipt counts whole, at the moment at which it begins.
        coalesce(orders.purchased_at, sales_lines.purchased_at) as returned_at,
        sales_lines.product_code,
        sales_lines.product_name,
        abs(sales_lines.quantity) as returned_quantity,
        cast(sales_lines.unit_price as decimal(18, 2)) as unit_price,
        abs(sales_lines.amount) as returned_amount,
        abs(sales_lines.points) as returned_points,
        -- Where purchases count only with points, so do their returns.
        not retailer.require_points or coalesce(sales_lines.points, 0) <> 0 as is_of_counted_purchase,
        sales_lines.till_no,
        sales_lines.receipt_no,
        sales_lines.counter_code,
        sales_lines.counter_name
    from sales_lines
    inner join members on sales_lines.card_id = members.card_id
    left join orders on sales_lines.order_id = orders.order_id
    cross join retailer
)

select * from member_returns
order by source_file, row_no
