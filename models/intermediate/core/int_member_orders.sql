with sales_lines as (
    select * from {{ ref('sales_lines') }}
    where reason is null
),

day_parts as (
    select * from {{ ref('day_parts') }}
),

orders as (
    select
        card_id,
        purchased_at,
        count(*) as lines,
        sum(quantity) as quantity,
        sum(amount) as amount,
        cast(sum(points) as decimal(18, 2)) as points
    from sales_lines
    group by card_id, purchased_at
),

with_day_part as (
    select
        orders.*,
        day_parts.day_part
    from orders
    left join day_parts
        on
            hour(orders.purchased_at) >= day_parts.from_hour
            and hour(orders.purchased_at) < day_parts.to_hour
)

select * from with_day_part
