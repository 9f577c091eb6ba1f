with orders as (
    select * from {{ ref('orders') }}
    where customer_type = 'member'
),

hours as (
    select
        hour,
        count(*) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount
    from orders
    where hour is not null
    group by hour
)

select * from hours
order by hour
