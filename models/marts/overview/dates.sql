with orders as (
    select * from {{ ref('orders') }}
),

days as (
    select * from {{ ref('int_days') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

promotion_days as (
    select * from {{ ref('promotion_days') }}
),

weekdays as (
    select * from {{ ref('weekdays') }}
),

retailer as (
    select * from {{ ref('retailer') }}
),

days_off as (
    select * from {{ ref('int_days_off') }}
),

-- From the first order of anybody to the last, or to the day before the as-of date where that is later.
span as (
    select
        cast(min(orders.purchased_at) as date) as first_day,
        greatest(cast(max(orders.purchased_at) as date), cast(any_value(as_of.as_of) as date) - 1) as last_day
    from orders
    cross join as_of
),

calendar as (
    select {{ every('day', 'first_day', 'last_day') }} as day
    from span
),

dates as (
    select
        calendar.day,
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
        case when retailer.holidays is not null then days_off.day is not null end as is_day_off,
        days_off.holiday_name_zh,
        days_off.holiday_name_en
    from calendar
    cross join retailer
    left join days_off on calendar.day = days_off.day
    left join days on calendar.day = days.day
    left join coverage on date_trunc('month', calendar.day) = coverage.month_start
    left join promotion_days on calendar.day = promotion_days.day
    left join weekdays on {{ weekday_of('calendar.day') }} = weekdays.weekday
)

select * from dates
order by day
