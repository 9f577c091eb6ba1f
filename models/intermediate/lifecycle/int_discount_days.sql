with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
    where customer_type = 'member'
),

lines as (
    select
        cast(purchased_at as date) as day,
        is_discounted
    from sold_lines
),

by_day as (
    select
        day,
        avg(cast(is_discounted as integer)) as discount_share
    from lines
    group by day
)

select * from by_day
