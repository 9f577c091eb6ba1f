with orders as (
    select * from {{ ref('int_basket_orders') }}
),

buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
    where is_counted
),

items as (
    select * from {{ ref('int_items') }}
),

products as (
    select * from items
    where level = 'product'
),

counters as (
    select * from items
    where level = 'counter'
),

order_lines as (
    select
        orders.order_no,
        products.item_no as product_no,
        counters.item_no as counter_no,
        buyer_lines.quantity
    from buyer_lines
    inner join orders on buyer_lines.order_id = orders.order_id
    left join products on buyer_lines.product_code = products.item_code
    left join counters on buyer_lines.counter_code = counters.item_code
),

-- What was in the order, once: goods, and the counters that they came from.
basket_items as (
    select
        order_no,
        'product' as level,
        product_no as item_no,
        count(*) as lines,
        sum(quantity) as pieces
    from order_lines
    where product_no is not null
    group by order_no, product_no
    union all
    select
        order_no,
        'counter' as level,
        counter_no as item_no,
        count(*) as lines,
        sum(quantity) as pieces
    from order_lines
    where counter_no is not null
    group by order_no, counter_no
),

counted as (
    select
        *,
        count(*) over (partition by order_no, level) as order_items
    from basket_items
),

-- What chance puts into an order goes by how much is in it: 1 thing, 2 or 3, 4 to 7, 8 to 15 and so on. By each number
-- itself, the orders of a small shop would have few others to be compared with.
sized as (
    select
        *,
        cast(floor(log2(order_items)) as integer) as size_class
    from counted
)

select * from sized
