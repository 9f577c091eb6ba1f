with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
    where is_counted and counter_code is not null
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

counters as (
    select * from {{ ref('counters') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

order_parts as (
    select
        sold_lines.card_id,
        sold_lines.counter_code,
        sum(sold_lines.amount) as amount
    from sold_lines
    inner join buyers on sold_lines.card_id = buyers.card_id
    cross join as_of
    where sold_lines.purchased_at < as_of.as_of
    group by sold_lines.card_id, sold_lines.counter_code, sold_lines.order_id
),

orders_by_counter as (
    select
        card_id,
        counter_code,
        count(*) as orders,
        sum(amount) as amount
    from order_parts
    group by card_id, counter_code
),

-- Of equally frequent counters the one with the larger amount, then the first by its code.
favourites as (
    select
        orders_by_counter.card_id,
        orders_by_counter.counter_code,
        counters.counter_name,
        orders_by_counter.orders
    from orders_by_counter
    left join counters on orders_by_counter.counter_code = counters.counter_code
    qualify row_number() over (
        partition by orders_by_counter.card_id
        order by orders_by_counter.orders desc, orders_by_counter.amount desc, orders_by_counter.counter_code
    ) = 1
)

select * from favourites
