with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
    where is_counted
),

-- The lines of an order have one customer.
orders as (
    select
        order_id,
        any_value(card_id) as card_id,
        any_value(customer_type) as customer_type,
        min(purchased_at) as purchased_at,
        count(*) as lines,
        sum(quantity) as pieces,
        sum(amount) as amount,
        cast(sum(points) as decimal(18, 2)) as points
    from sold_lines
    group by order_id
)

select * from orders
