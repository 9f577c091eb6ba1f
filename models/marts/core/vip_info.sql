with sales_lines as (
    select * from {{ ref('int_sales_lines_classified') }}
    where reason is null
),

members as (
    select * from {{ ref('int_members') }}
),

genders as (
    select * from {{ ref('genders') }}
),

member_lines as (
    select
        sales_lines.card_id,
        sales_lines.purchased_at,
        sales_lines.product_code,
        sales_lines.product_name,
        sales_lines.quantity,
        sales_lines.unit_price,
        sales_lines.amount,
        sales_lines.points,
        sales_lines.till_no,
        sales_lines.receipt_no,
        sales_lines.counter_code,
        sales_lines.counter_name,
        members.gender,
        genders.label_zh as gender_zh,
        members.registered_at,
        cast(year(sales_lines.purchased_at) as integer) as purchase_year,
        cast(quarter(sales_lines.purchased_at) as integer) as purchase_quarter,
        cast(month(sales_lines.purchased_at) as integer) as purchase_month,
        cast(day(sales_lines.purchased_at) as integer) as purchase_day,
        cast(hour(sales_lines.purchased_at) as integer) as purchase_hour,
        sales_lines.row_no as raw_row_no
    from sales_lines
    inner join members on sales_lines.card_id = members.card_id
    left join genders on members.gender = genders.gender
)

select * from member_lines
order by raw_row_no
