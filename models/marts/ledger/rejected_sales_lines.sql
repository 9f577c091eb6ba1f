with raw_sales_lines as (
    select * from {{ ref('raw_sales_lines') }}
),

classified as (
    select * from {{ ref('int_sales_lines_classified') }}
    where reason is not null
),

reasons as (
    select * from {{ ref('reject_reasons') }}
    where table_name = 'sales_lines'
),

rejected as (
    select
        raw_sales_lines.row_no,
        raw_sales_lines.card_id,
        raw_sales_lines.purchased_at,
        raw_sales_lines.product_code,
        raw_sales_lines.product_name,
        raw_sales_lines.quantity,
        raw_sales_lines.unit_price,
        raw_sales_lines.amount,
        raw_sales_lines.points,
        raw_sales_lines.till_no,
        raw_sales_lines.receipt_no,
        raw_sales_lines.counter_code,
        raw_sales_lines.counter_name,
        reasons.reason,
        reasons.label_zh as reason_zh,
        reasons.label_en as reason_en,
        raw_sales_lines.unreadable_text,
        raw_sales_lines.source_file,
        raw_sales_lines.line_no
    from raw_sales_lines
    inner join classified on raw_sales_lines.row_no = classified.row_no
    left join reasons on classified.reason = reasons.reason
)

select * from rejected
