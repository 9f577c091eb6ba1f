with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
    where counter_code is not null
),

counters as (
    select * from {{ ref('int_items') }}
    where level = 'counter'
),

orders as (
    select
        counter_code,
        customer_type,
        order_id,
        any_value(card_id) as card_id,
        count(*) as lines,
        sum(quantity) as pieces,
        sum(amount) as amount
    from sold_lines
    where is_counted
    group by counter_code, customer_type, order_id
),

totals as (
    select
        counter_code,
        customer_type,
        nullif(count(distinct card_id), 0) as customers,
        count(*) as orders,
        sum(lines) as lines,
        sum(pieces) as pieces,
        cast(sum(amount) as decimal(18, 2)) as amount
    from orders
    group by counter_code, customer_type
),

prices as (
    select
        counter_code,
        customer_type,
        {{ price_measures('sold_lines') }}
    from sold_lines
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
        dense_rank() over (order by counter_amount desc, counter_code) as counter_rank
    from shares
),

comparison as (
    select
        ranked.counter_rank,
        ranked.counter_code,
        counters.item_name as counter_name,
        ranked.customer_type,
        ranked.customers,
        ranked.orders,
        cast(ranked.lines as bigint) as lines,
        ranked.amount,
        ranked.amount_share,
        cast(ranked.orders as double) / ranked.customers as orders_per_customer,
        cast(ranked.amount as double) / ranked.customers as amount_per_customer,
        cast(ranked.amount as double) / ranked.orders as amount_per_order,
        cast(ranked.pieces as double) / ranked.orders as pieces_per_order,
        prices.median_piece_price,
        prices.below_price_share,
        prices.without_points_share
    from ranked
    inner join prices
        on ranked.counter_code = prices.counter_code and ranked.customer_type = prices.customer_type
    left join counters on ranked.counter_code = counters.item_code
    where ranked.counter_rank <= {{ var('top_counters') }}
)

select * from comparison
order by counter_rank, customer_type
