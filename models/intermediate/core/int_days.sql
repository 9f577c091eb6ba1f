with orders as (
    select * from {{ ref('orders') }}
    where customer_type = 'member'
),

by_day as (
    select
        cast(purchased_at as date) as day,
        count(*) as orders,
        sum(amount) as amount
    from orders
    group by cast(purchased_at as date)
)

select * from by_day
