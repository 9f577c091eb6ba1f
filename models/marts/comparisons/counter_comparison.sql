with sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where counter_code is not null
),

counters as (
    select * from {{ ref('counters') }}
),

-- Not of the CTE above, which would be kept for both.
counted_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where is_counted and counter_code is not null
),

totals as (
    select
        counter_code,
        customer_type,
        nullif(count(distinct card_id) filter (where is_counted), 0) as customers,
        count(distinct order_id) filter (where is_counted) as orders,
        count(*) filter (where is_counted) as lines,
        sum(quantity) filter (where is_counted) as pieces,
        cast(sum(amount) filter (where is_counted) as decimal(18, 2)) as amount,
        {{ bargain_shares('sold_lines') }}
    from sold_lines
    group by counter_code, customer_type
    having count(*) filter (where is_counted) > 0
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

median_prices as (
    {{ median_prices('counted_lines', ['counter_code', 'customer_type']) }}
),

comparison as (
    select
        ranked.counter_rank,
        ranked.counter_code,
        counters.counter_name,
        ranked.customer_type,
        ranked.customers,
        ranked.orders,
        ranked.lines,
        ranked.amount,
        ranked.amount_share,
        cast(ranked.orders as double) / ranked.customers as orders_per_customer,
        cast(ranked.amount as double) / ranked.customers as amount_per_customer,
        cast(ranked.amount as double) / ranked.orders as amount_per_order,
        cast(ranked.pieces as double) / ranked.orders as pieces_per_order,
        median_prices.median_piece_price,
        ranked.below_price_share,
        ranked.without_points_share
    from ranked
    left join median_prices
        on ranked.counter_code = median_prices.counter_code and ranked.customer_type = median_prices.customer_type
    left join counters on ranked.counter_code = counters.counter_code
)

select * from comparison
order by counter_rank, customer_type
