{{ config(materialized='view') }}

with sales_lines as (
    select * from {{ ref('sales_lines').include(database=false) }}
    where reason is null
),

members as (
    select * from {{ ref('members').include(database=false) }}
),

genders as (
    select * from {{ ref('genders').include(database=false) }}
),

member_lines as (
    select
        sales_lines.source_file,
        sales_lines.row_no,
        sales_lines.order_id,
        sales_lines.card_id,
        sales_lines.purchased_at,
        sales_lines.product_code,
        sales_lines.product_name,
        sales_lines.quantity,
        cast(sales_lines.unit_price as decimal(18, 2)) as unit_price,
        cast(sales_lines.amount as decimal(18, 2)) as amount,
        sales_lines.points,
        sales_lines.till_no,
        sales_lines.receipt_no,
        sales_lines.counter_code,
        sales_lines.counter_name,
        members.gender,
        genders.name_zh as gender_name_zh,
        genders.name_en as gender_name_en,
        members.registered_at,
        cast(year(sales_lines.purchased_at) as integer) as purchase_year,
        cast(quarter(sales_lines.purchased_at) as integer) as purchase_quarter,
        cast(month(sales_lines.purchased_at) as integer) as purchase_month,
        cast(day(sales_lines.purchased_at) as integer) as purchase_day,
        cast(hour(sales_lines.purchased_at) as integer) as purchase_hour
    from sales_lines
    inner join members on sales_lines.card_id = members.card_id
    left join genders on members.gender = genders.gender
)

select * from member_lines
