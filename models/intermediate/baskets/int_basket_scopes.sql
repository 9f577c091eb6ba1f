{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('int_basket_orders') }}
),

-- Each order counts in its segment and, as segment 0, among all.
scopes as (
    select
        order_no,
        segment
    from orders
    union all
    select
        order_no,
        cast(0 as integer) as segment
    from orders
)

select * from scopes
