with sales_lines as (
    select * from {{ ref('sales_lines') }}
    where customer_type = 'member' and coalesce(reason, 'no_points') = 'no_points'
),

-- Discounted goods are paid below their price or, where points are recorded, earn none.
lines as (
    select
        cast(purchased_at as date) as day,
        coalesce(points = 0, false) or coalesce(amount < unit_price * quantity - 0.005, false) as is_discounted,
        points is not null or (unit_price is not null and quantity is not null) as is_known
    from sales_lines
),

by_day as (
    select
        day,
        count(*) filter (where is_discounted) / count(*) as discount_share
    from lines
    where is_known
    group by day
)

select * from by_day
