with orders as (
    select * from {{ ref('orders') }}
    where customer_type = 'member'
),

hours as (
    select
        cast(hour(purchased_at) as integer) as hour,
        count(*) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount
    from orders
    group by all
)

select * from hours
order by hour
