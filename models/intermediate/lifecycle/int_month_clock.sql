with month_ends as (
    select * from {{ ref('int_month_ends') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

-- Days up to the evening before the month's end have passed; months after the last sale are missing in the data.
clock as (
    select
        month_ends.month_start,
        cast(month_ends.month_end as date) as month_end,
        recorded_days.recorded_days,
        coalesce(coverage.status, 'missing') as month_status
    from month_ends
    inner join recorded_days on cast(month_ends.month_end as date) - 1 = recorded_days.day
    left join coverage on month_ends.month_start = coverage.month_start
)

select * from clock
order by month_start
