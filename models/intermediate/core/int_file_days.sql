{{ config(materialized='by_file', lines='stg_sales_lines') }}

with sales_lines as (
    select * from {{ ref('stg_sales_lines') }}
),

days as (
    select
        source_file,
        cast(purchased_at as date) as day,
        count(*) as lines
    from sales_lines
    where purchased_at is not null
    group by all
)

select * from days
