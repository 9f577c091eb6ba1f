with usual_months as (
    select * from {{ ref('int_usual_months') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
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

-- Each month's own as-of date; that of the last month is the one of the build.
month_ends as (
    select
        month_start,
        cast(least(month_start + interval 1 month, as_of) as date) as month_end
    from months
),

-- Days up to the evening before the month's end have passed; months after the last sale are missing in the data. The
-- month of the as-of date has not ended, whatever the data have of its other days.
clock as (
    select
        month_ends.month_start,
        month_ends.month_end,
        recorded_days.recorded_days,
        case
            when coverage.status = 'complete' and month_ends.month_end < month_ends.month_start + interval 1 month
                then 'partial'
            else coalesce(coverage.status, 'missing')
        end as month_status
    from month_ends
    inner join recorded_days on month_ends.month_end - 1 = recorded_days.day
    left join coverage on month_ends.month_start = coverage.month_start
)

select * from clock
order by month_start
