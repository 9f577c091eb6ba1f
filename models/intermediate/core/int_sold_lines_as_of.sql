{{ config(materialized='view', meta={'kept_by_rows': true}) }}

with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

known as (
    select sold_lines.*
    from sold_lines
    cross join as_of
    where sold_lines.purchased_at < as_of.as_of
)

select * from known
