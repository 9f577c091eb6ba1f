with usual_months as (
    select * from {{ ref('int_usual_months') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

months as (
    select
        as_of.as_of,
        {{ every(
            'month',
            "least(min(usual_months.month_start), date_trunc('month', as_of.as_of - interval 1 microsecond))",
            "as_of.as_of - interval 1 microsecond"
        ) }} as month_start
    from usual_months
    cross join as_of
    group by as_of.as_of
),

-- Each month's own as-of moment, itself excluded; the last month ends with the as-of date of the build.
month_ends as (
    select
        month_start,
        least(month_start + interval 1 month, as_of) as month_end
    from months
)

select * from month_ends
order by month_start
