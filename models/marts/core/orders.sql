with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
    where is_counted
),

-- Not of the CTE, which would be kept for both.
files as (
    select
        source_file,
        bool_or(purchased_at <> cast(purchased_at as date)) as has_times
    from {{ ref('int_sold_lines') }}
    where is_counted
    group by source_file
),

-- The lines of an order have one customer. In a file of dates alone all orders are at midnight, which says nothing.
orders as (
    select
        sold_lines.order_id,
        any_value(sold_lines.card_id) as card_id,
        any_value(sold_lines.customer_type) as customer_type,
        min(sold_lines.purchased_at) as purchased_at,
        case when bool_and(files.has_times) then cast(hour(min(sold_lines.purchased_at)) as integer) end as hour,
        count(*) as lines,
        sum(sold_lines.quantity) as pieces,
        sum(sold_lines.amount) as amount,
        cast(sum(sold_lines.points) as decimal(18, 2)) as points
    from sold_lines
    inner join files on sold_lines.source_file = files.source_file
    group by sold_lines.order_id
)

select * from orders
