with months as (
    select * from {{ ref('int_usual_months') }}
),

days as (
    select * from {{ ref('int_days') }}
),

calendar as (
    select
        months.*,
        {{ every('day', 'month_start', 'last_day(month_start)') }} as day
    from months
),

filled as (
    select
        calendar.*,
        days.day is not null as has_trade,
        calendar.day between calendar.first_day and calendar.last_day as is_in_window,
        count(days.day) over (order by calendar.day) as run
    from calendar
    left join days on calendar.day = days.day
),

weekdays as (
    select
        {{ weekday_of('day') }} as weekday,
        7 * count(*) / sum(count(*)) over () as relative_share
    from filled
    where has_trade
    group by weekday
),

-- The share of days with trade that is usual in the month, more on the weekdays of the shop and less on the others. No
-- day is sure: there are holidays.
chances as (
    select
        filled.*,
        least(coalesce(filled.usual_share_of_days * weekdays.relative_share, 0), 0.99) as chance_of_trade
    from filled
    left join weekdays on {{ weekday_of('filled.day') }} = weekdays.weekday
),

-- Days in a row without trade, and the probability that none after the first has any: with that, the run has begun.
runs as (
    select
        run,
        exp(sum(ln(1 - chance_of_trade) {{ in_order('day') }}) - ln(1 - min_by(chance_of_trade, day))) as chance,
        count(*) over () as runs
    from chances
    where not has_trade
    group by run
),

-- A run that chance explains (by the bound of Bonferroni for all of them) is the quiet of a small shop or its closing
-- days; another one is a gap in the data, and so is what lies before the first or after the last trade.
judged as (
    select
        chances.day,
        chances.month_start,
        chances.calendar_days,
        chances.trading_days,
        chances.orders,
        chances.usual_orders_per_day,
        chances.chance_of_trade,
        not chances.has_trade
        and (not chances.is_in_window or runs.chance * runs.runs < {{ var('chance_level') }}) as is_gap
    from chances
    left join runs on chances.run = runs.run
)

select * from judged
order by day
