{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('int_basket_orders') }}
),

-- Each order counts in its segment and, as segment 0, among all.
scopes as (
    select
        order_no,
        month_start,
        segment
    from orders
    union all
    select
        order_no,
        month_start,
        cast(0 as integer) as segment
    from orders
)

select * from scopes
