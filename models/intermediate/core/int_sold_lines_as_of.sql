{{ config(materialized='view', meta={'kept_by_rows': true}) }}

with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
),

orders as (
    select * from {{ ref('orders') }}
),

members as (
    select * from {{ ref('members') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- An order counts whole by its moment, though a receipt goes on past midnight. Of those of other days no line lies on
-- the other side. Read in common with what follows, the as-of date would have DuckDB read all columns of all lines
-- wherever one is asked for.
orders_of_two_days as (
    select
        orders.order_id,
        orders.purchased_at
    from orders
    cross join {{ ref('int_as_of') }} as as_of
    where
        orders.purchased_at >= as_of.as_of - interval 1 day
        and orders.purchased_at < as_of.as_of + interval 1 day
),

known as (
    select {{ all_but('sold_lines', ['product_name', 'counter_name', 'points', 'till_no', 'receipt_no']) }}
    from sold_lines
    cross join as_of
    left join orders_of_two_days on sold_lines.order_id = orders_of_two_days.order_id
    where coalesce(orders_of_two_days.purchased_at, sold_lines.purchased_at) < as_of.as_of
),

with_types as (
    {{ types_as_of('known') }}
)

select * from with_types
