{{ config(materialized='view') }}

with rejected as (
    select * from {{ ref('sales_lines').include(database=false) }}
    where reason is not null
),

reasons as (
    select * from {{ ref('reject_reasons').include(database=false) }}
    where table_name = 'sales_lines'
),

with_labels as (
    select
        rejected.source_file,
        rejected.row_no,
        rejected.line_no,
        rejected.card_id,
        rejected.customer_type,
        rejected.purchased_at,
        rejected.product_code,
        rejected.product_name,
        rejected.quantity,
        cast(rejected.unit_price as decimal(18, 2)) as unit_price,
        cast(rejected.amount as decimal(18, 2)) as amount,
        rejected.points,
        rejected.till_no,
        rejected.receipt_no,
        rejected.counter_code,
        rejected.counter_name,
        rejected.reason,
        reasons.name_zh as reason_name_zh,
        reasons.name_en as reason_name_en,
        rejected.is_counted,
        rejected.raw_text,
        rejected.merged_card_id
    from rejected
    left join reasons on rejected.reason = reasons.reason
)

select * from with_labels
