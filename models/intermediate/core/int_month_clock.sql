with usual_months as (
    select * from {{ ref('int_usual_months') }}
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
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

-- Days of trade that are likely from a month's end, as the as-of date cuts it, to that of the calendar.
to_come as (
    select
        calendar_days.month_start,
        sum(calendar_days.chance_of_trade {{ in_order('calendar_days.day') }}) as trading_days
    from calendar_days
    inner join month_ends
        on calendar_days.month_start = month_ends.month_start and calendar_days.day >= month_ends.month_end
    group by calendar_days.month_start
),

-- Days up to the evening before the month's end have passed; months after the last sale are missing in the data. The
-- month of the as-of date has not ended while trade is to come in it, whatever the data have of its other days.
clock as (
    select
        month_ends.month_start,
        month_ends.month_end,
        recorded_days.recorded_days,
        case
            when coverage.status = 'complete' and coalesce(to_come.trading_days, 0) >= 0.5 then 'partial'
            else coalesce(coverage.status, 'missing')
        end as month_status
    from month_ends
    inner join recorded_days on month_ends.month_end - 1 = recorded_days.day
    left join coverage on month_ends.month_start = coverage.month_start
    left join to_come on month_ends.month_start = to_come.month_start
)

select * from clock
order by month_start
