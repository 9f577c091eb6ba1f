with coverage as (
    select * from {{ ref('int_month_coverage') }}
)

select * from coverage
order by month_start
