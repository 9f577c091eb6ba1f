with sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where counter_code is not null
),

counters as (
    select * from {{ ref('counters') }}
),

totals as (
    select
        counter_code,
        customer_type,
        count(*) as lines,
        sum(quantity) as pieces,
        cast(sum(amount) as decimal(18, 2)) as amount
    from sold_lines
    where is_counted
    group by counter_code, customer_type
),

shares as (
    select
        *,
        cast(amount as double)
        / nullif(cast(sum(amount) over (partition by customer_type) as double), 0) as amount_share,
        sum(amount) over (partition by counter_code) as counter_amount
    from totals
),

ranked as (
    select
        *,
        cast(dense_rank() over (order by counter_amount desc, counter_code) as bigint) as counter_rank
    from shares
    qualify counter_rank <= {{ var('top_counters') }}
),

lines_of_ranked as (
    select * from sold_lines
    where counter_code in (select ranked.counter_code from ranked)
),

counted_lines as (
    select * from lines_of_ranked
    where is_counted
),

orders as (
    select distinct
        counter_code,
        customer_type,
        card_id,
        order_id
    from counted_lines
),

customers as (
    select
        counter_code,
        customer_type,
        nullif(count(distinct card_id), 0) as customers,
        count(*) as orders
    from orders
    group by counter_code, customer_type
),

median_prices as (
    {{ median_prices('counted_lines', ['counter_code', 'customer_type']) }}
),

bargains as (
    select
        counter_code,
        customer_type,
        {{ bargain_shares('lines_of_ranked') }}
    from lines_of_ranked
    group by counter_code, customer_type
),

comparison as (
    select
        ranked.counter_rank,
        ranked.counter_code,
        counters.counter_name,
        ranked.customer_type,
        customers.customers,
        customers.orders,
        ranked.lines,
        ranked.amount,
        ranked.amount_share,
        cast(customers.orders as double) / customers.customers as orders_per_customer,
        cast(ranked.amount as double) / customers.customers as amount_per_customer,
        cast(ranked.amount as double) / customers.orders as amount_per_order,
        cast(ranked.pieces as double) / customers.orders as pieces_per_order,
        median_prices.median_piece_price,
        bargains.below_price_share,
        bargains.without_points_share
    from ranked
    inner join customers
        on ranked.counter_code = customers.counter_code and ranked.customer_type = customers.customer_type
    inner join bargains
        on ranked.counter_code = bargains.counter_code and ranked.customer_type = bargains.customer_type
    left join median_prices
        on ranked.counter_code = median_prices.counter_code and ranked.customer_type = median_prices.customer_type
    left join counters on ranked.counter_code = counters.counter_code
)

select * from comparison
order by counter_rank, customer_type
