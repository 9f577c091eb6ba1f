with sales_lines as (
    select
        *,
        {{ unread_values(['card_id', 'quantity', 'unit_price', 'amount', 'points', 'purchased_at']) }} as raw_text
    from {{ ref('stg_sales_lines') }}
),

members as (
    select * from {{ ref('member_rows') }}
    where reason is null
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

lines_of_other_files as (
    select * from {{ ref('int_lines_of_other_files') }}
),

with_customer_type as (
    select
        sales_lines.*,
        case
            when sales_lines.card_id is null then 'no_card'
            when members.card_id is not null or not retailer.has_member_table then 'member'
            else 'unregistered_card'
        end as customer_type,
        retailer.has_overlapping_files and lines_of_other_files.other_file is not null as is_line_of_another_file,
        retailer.require_points,
        retailer.has_quantity
    from sales_lines
    cross join retailer
    left join members on sales_lines.card_id = members.card_id
    left join lines_of_other_files
        on
            sales_lines.source_file = lines_of_other_files.source_file
            and sales_lines.row_no = lines_of_other_files.row_no
),

-- The first reason that applies; a column that the retailer does not record rejects no line.
classified as (
    select
        source_file,
        row_no,
        line_no,
        card_id,
        customer_type,
        purchased_at,
        product_code,
        product_name,
        quantity,
        unit_price,
        amount,
        points,
        till_no,
        receipt_no,
        counter_code,
        counter_name,
        is_cancelled,
        case
            when unreadable_reason is not null then 'unreadable'
            when is_line_of_another_file then 'line_of_another_file'
            when purchased_at is null and raw_purchased_at is null then 'no_moment'
            when purchased_at is null then 'bad_moment'
            when
                amount is null
                or (has_quantity and quantity is null)
                or (raw_points is not null and points is null) then 'bad_number'
            when card_id is null then 'no_card'
            when quantity < 0 or amount < 0 then 'return'
            when is_cancelled then 'cancelled'
            when quantity = 0 or amount < 0.005 then 'not_positive'
            when require_points and coalesce(points, 0) <= 0 then 'no_points'
            when customer_type = 'unregistered_card' then 'unregistered_card'
        end as reason,
        raw_text
    from with_customer_type
)

select * from classified
