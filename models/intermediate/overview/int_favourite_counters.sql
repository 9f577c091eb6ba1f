with buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
    where is_counted and counter_code is not null
),

counters as (
    select * from {{ ref('counters') }}
),

order_parts as (
    select
        card_id,
        counter_code,
        sum(amount) as amount
    from buyer_lines
    group by card_id, counter_code, order_id
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
        counters.counter_name
    from orders_by_counter
    left join counters on orders_by_counter.counter_code = counters.counter_code
    qualify row_number() over (
        partition by orders_by_counter.card_id
        order by orders_by_counter.orders desc, orders_by_counter.amount desc, orders_by_counter.counter_code
    ) = 1
)

select * from favourites
