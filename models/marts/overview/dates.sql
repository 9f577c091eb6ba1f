with calendar as (
    select * from {{ ref('int_days_off') }}
),

days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

promotion_days as (
    select * from {{ ref('promotion_days') }}
),

weekdays as (
    select * from {{ ref('weekdays') }}
),

dates as (
    select
        cast(calendar.day as date) as day,
        weekdays.weekday,
        weekdays.name_zh as weekday_name_zh,
        weekdays.name_en as weekday_name_en,
        cast(date_trunc('week', calendar.day) as date) as week_start,
        cast(date_trunc('month', calendar.day) as date) as month_start,
        cast(date_trunc('quarter', calendar.day) as date) as quarter_start,
        cast(year(calendar.day) as integer) as year,
        days.day is not null as is_trading_day,
        coverage.status as coverage_status,
        coalesce(promotion_days.is_promotion_day, false) as is_promotion_day,
        calendar.is_day_off,
        calendar.holiday_name_zh,
        calendar.holiday_name_en
    from calendar
    left join days on calendar.day = days.day
    left join coverage on date_trunc('month', calendar.day) = coverage.month_start
    left join promotion_days on calendar.day = promotion_days.day
    left join weekdays on {{ weekday_of('calendar.day') }} = weekdays.weekday
)

select * from dates
order by day
