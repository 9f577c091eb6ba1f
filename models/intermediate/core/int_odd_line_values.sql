{{ config(materialized='by_file', lines='stg_sales_lines') }}

{%- set kinds = {
    'card_id': 'code', 'product_code': 'code', 'till_no': 'code', 'receipt_no': 'code', 'counter_code': 'code',
    'purchased_at': 'moment', 'quantity': 'number', 'unit_price': 'number', 'amount': 'number', 'points': 'number',
} %}
with sales_lines as (
    select * from {{ ref('stg_sales_lines') }}
),

odd_line_values as (
    {{ odd_values('sales_lines', kinds) }}
)

select * from odd_line_values
