with days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

calendar as (
    select {{ every('day', "date_trunc('month', min(days.day))", "as_of.as_of - interval 1 day") }} as day
    from days
    cross join as_of
    group by as_of.as_of
),

usual as (
    select median(days.orders) as orders_per_day
    from days
    inner join coverage on date_trunc('month', days.day) = coverage.month_start
    where coverage.status = 'complete'
),

-- A day counts as recorded when it has orders; in a month that is not complete, or lies before the window of the data,
-- when they are not far below usual.
judged as (
    select
        calendar.day,
        cast(date_trunc('month', calendar.day) as date) as month_start,
        coverage.status,
        days.day is not null
        and (
            coalesce(coverage.status = 'complete', false)
            or coalesce(
                days.orders >= {{ var('complete_month_share_of_orders') }} * usual.orders_per_day, true
            )
        ) as is_recorded
    from calendar
    cross join usual
    left join days on calendar.day = days.day
    left join coverage on date_trunc('month', calendar.day) = coverage.month_start
),

-- The clock of the life cycle: it stands still where the shop is closed or the data have a hole.
counted as (
    select
        *,
        count(*) filter (where is_recorded) over (order by day) as recorded_days
    from judged
)

select * from counted
order by day
