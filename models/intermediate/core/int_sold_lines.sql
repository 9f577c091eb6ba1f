{{ config(materialized='view') }}

with sales_lines as (
    select * from {{ ref('sales_lines') }}
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

-- Goods that were sold to anybody. Where points are required, a card's line without points is no counted purchase, but
-- it tells of a bargain.
sold as (
    select
        sales_lines.source_file,
        sales_lines.row_no,
        sales_lines.order_id,
        sales_lines.card_id,
        sales_lines.customer_type,
        sales_lines.purchased_at,
        sales_lines.product_code,
        sales_lines.product_name,
        sales_lines.counter_code,
        sales_lines.counter_name,
        sales_lines.quantity,
        sales_lines.amount,
        sales_lines.points,
        sales_lines.till_no,
        sales_lines.receipt_no,
        -- A price of nothing says nothing of what was paid, nor does one for which there is no room.
        coalesce(
            nullif(sales_lines.unit_price, 0), try_cast(sales_lines.amount / sales_lines.quantity as decimal(18, 6))
        ) as piece_price,
        sales_lines.is_counted,
        case
            when retailer.has_paid_amount
                then {{ is_below_price(
                    'sales_lines.amount + coalesce(sales_lines.refund, 0)',
                    'cast(nullif(sales_lines.unit_price, 0) as decimal(38, 6))',
                    'sales_lines.quantity'
                ) }}
        end as is_below_price,
        case
            when retailer.has_points and sales_lines.customer_type <> 'no_card'
                then coalesce(sales_lines.points, 0) <= 0
        end as is_without_points,
        -- A bargain was paid below its price or earned no points; what was given back later makes none. What is not
        -- recorded says nothing.
        greatest(is_below_price, is_without_points) as is_discounted
    from sales_lines
    cross join retailer
    where sales_lines.is_counted or sales_lines.reason = 'no_points'
)

select * from sold
