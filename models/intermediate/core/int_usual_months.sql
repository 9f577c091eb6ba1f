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
                where share_so_far <= {{ var('far_share') }} and next_day - day > {{ var('far_days') }}
            ),
            min(day)
        ) as first_day,
        max(day) as last_day
    from on_the_way
),

months as (
    select
        cast(unnest(
            generate_series(date_trunc('month', first_day), last_day, interval 1 month)
        ) as date) as month_start,
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

-- What is usual around it: the median month with trade of the half years before and after, or without one of all.
around as (
    select
        *,
        coalesce(
            median(share_of_days) filter (where trading_days > 0) over half_years,
            median(share_of_days) filter (where trading_days > 0) over ()
        ) as share_around,
        coalesce(
            median(orders_per_day) filter (where trading_days > 0) over half_years,
            median(orders_per_day) filter (where trading_days > 0) over ()
        ) as orders_around
    from filled
    window half_years as (
        order by month_start range between interval 6 months preceding and interval 6 months following
    )
),

-- What is usual in its season: the best of the same month of other years, as far as the data hold it whole.
seasons as (
    select
        filled.month_start,
        max(others.share_of_days) as share_of_season,
        max(others.orders_per_day) as orders_of_season
    from filled
    inner join filled as others
        on month(filled.month_start) = month(others.month_start) and filled.month_start <> others.month_start
    where others.last_day - others.first_day + 1 = others.calendar_days
    group by filled.month_start
),

usual as (
    select
        around.month_start,
        around.calendar_days,
        around.trading_days,
        around.orders,
        around.first_day,
        around.last_day,
        least(around.share_around, seasons.share_of_season) as usual_share_of_days,
        least(around.orders_around, seasons.orders_of_season) as usual_orders_per_day
    from around
    left join seasons on around.month_start = seasons.month_start
)

select * from usual
