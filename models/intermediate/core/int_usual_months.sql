with days as (
    select * from {{ ref('int_days') }}
),

on_the_way as (
    select
        day,
        lead(day) over (order by day) as next_day,
        sum(orders) over (order by day) / sum(orders) over () as share_so_far
    from days
),

-- The window begins with regular trade: a few orders long before it (a trial, a wrong date) do not make the time
-- between them a hole in the data.
trade_window as (
    select
        coalesce(
            max(next_day) filter (
                where share_so_far <= {{ var('far_share') }} and next_day > day + {{ var('far_days') }}
            ),
            min(day)
        ) as first_day,
        max(day) as last_day
    from on_the_way
),

months as (
    select
        {{ every('month', "date_trunc('month', first_day)", 'last_day') }} as month_start,
        first_day,
        last_day
    from trade_window
),

filled as (
    select
        months.month_start,
        cast(dayofmonth(last_day(months.month_start)) as integer) as calendar_days,
        count(days.day) as trading_days,
        cast(coalesce(sum(days.orders), 0) as bigint) as orders,
        count(days.day) / calendar_days as share_of_days,
        coalesce(sum(days.orders), 0) / calendar_days as orders_per_day,
        greatest(months.month_start, months.first_day) as first_day,
        least(last_day(months.month_start), months.last_day) as last_day
    from months
    left join days on months.month_start = date_trunc('month', days.day) and days.day >= months.first_day
    group by months.month_start, months.first_day, months.last_day
),

with_trade as (
    select * from filled
    where trading_days > 0
),

-- What is usual around it: the median month with trade of the half years before and after, or without one of all.
around as (
    select
        filled.month_start,
        median(others.share_of_days) as share_around,
        median(others.orders_per_day) as orders_around
    from filled
    inner join with_trade as others
        on
            others.month_start >= filled.month_start - interval 6 month
            and others.month_start <= filled.month_start + interval 6 month
    group by filled.month_start
),

anywhere as (
    select
        median(share_of_days) as share_of_days,
        median(orders_per_day) as orders_per_day
    from with_trade
),

-- What is usual in its season: the best of the same month of all years, as far as the data hold the others whole.
seasons as (
    select
        filled.month_start,
        greatest(max(others.share_of_days), any_value(filled.share_of_days)) as share_of_season,
        greatest(max(others.orders_per_day), any_value(filled.orders_per_day)) as orders_of_season
    from filled
    inner join filled as others
        on month(filled.month_start) = month(others.month_start) and filled.month_start <> others.month_start
    where others.first_day + others.calendar_days = others.last_day + 1
    group by filled.month_start
),

usual as (
    select
        filled.month_start,
        filled.calendar_days,
        filled.trading_days,
        filled.orders,
        filled.first_day,
        filled.last_day,
        least(coalesce(around.share_around, anywhere.share_of_days), seasons.share_of_season) as usual_share_of_days,
        least(coalesce(around.orders_around, anywhere.orders_per_day), seasons.orders_of_season) as usual_orders_per_day
    from filled
    cross join anywhere
    left join around on filled.month_start = around.month_start
    left join seasons on filled.month_start = seasons.month_start
)

select * from usual
