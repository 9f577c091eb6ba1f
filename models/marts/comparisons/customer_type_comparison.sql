with hours as (
    select * from {{ ref('int_customer_type_hours') }}
),

-- The lines are read three times: a CTE of them all would be kept.
counted_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where is_counted
),

customer_types as (
    {{ fitting_texts(ref('customer_types'), ['customer_type']) }}
),

-- What a piece of the product costs in the middle of all its lines, whoever bought it.
usual_prices as (
    {{ median_prices(ref('int_sold_lines_as_of'), ['product_code']) }}
),

median_prices as (
    {{ median_prices('counted_lines', ['customer_type']) }}
),

lines as (
    select
        sold_lines.customer_type,
        count(distinct sold_lines.card_id) filter (where sold_lines.is_counted) as customers,
        avg(cast(
            {{ is_below_price('sold_lines.amount', 'usual_prices.median_piece_price', 'sold_lines.quantity') }}
            as integer
        )) filter (where sold_lines.is_counted) as below_usual_price_share,
        {{ bargain_shares('sold_lines') }}
    from {{ ref('int_sold_lines_as_of') }} as sold_lines
    left join usual_prices on sold_lines.product_code = usual_prices.product_code
    group by sold_lines.customer_type
),

totals as (
    select
        customer_type,
        sum(lines) as lines,
        sum(orders) as orders,
        sum(pieces) as pieces,
        cast(sum(amount) as decimal(18, 2)) as amount
    from hours
    group by customer_type
),

comparison as (
    select
        customer_types.customer_type,
        customer_types.name_zh,
        customer_types.name_en,
        cast(totals.lines as bigint) as lines,
        cast(totals.orders as bigint) as orders,
        nullif(lines.customers, 0) as customers,
        totals.amount,
        cast(totals.lines as double) / sum(totals.lines) over () as line_share,
        cast(totals.orders as double) / sum(totals.orders) over () as order_share,
        cast(totals.amount as double) / nullif(cast(sum(totals.amount) over () as double), 0) as amount_share,
        cast(totals.lines as double) / totals.orders as lines_per_order,
        cast(totals.pieces as double) / totals.orders as pieces_per_order,
        cast(totals.amount as double) / totals.orders as amount_per_order,
        cast(totals.orders as double) / nullif(lines.customers, 0) as orders_per_customer,
        cast(totals.amount as double) / nullif(lines.customers, 0) as amount_per_customer,
        cast(totals.amount as double) / cast(totals.pieces as double) as amount_per_piece,
        median_prices.median_piece_price,
        lines.below_price_share,
        lines.below_usual_price_share,
        lines.without_points_share
    from totals
    inner join lines on totals.customer_type = lines.customer_type
    inner join customer_types on totals.customer_type = customer_types.customer_type
    left join median_prices on totals.customer_type = median_prices.customer_type
)

select * from comparison
order by customer_type
