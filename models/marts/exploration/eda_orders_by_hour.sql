with orders as (
    select * from {{ ref('orders') }}
    where customer_type = 'member'
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- Files that hold no times have all orders at midnight.
hours as (
    select
        cast(hour(orders.purchased_at) as integer) as hour,
        count(*) as orders,
        cast(sum(orders.amount) as decimal(18, 2)) as amount
    from orders
    inner join as_of on as_of.has_times
    group by hour(orders.purchased_at)
)

select * from hours
order by hour
