with hours as (
    select * from {{ ref('int_customer_type_hours') }}
),

weekdays as (
    select * from {{ ref('weekdays') }}
),

seasons as (
    select * from {{ ref('seasons') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

days as (
    select
        customer_type,
        day,
        sum(orders) as orders,
        sum(amount) as amount
    from hours
    group by customer_type, day
),

trade as (
    select
        customer_type,
        count(*) as trading_days
    from days
    group by customer_type
),

-- Days with trade of this type of customer divide its gaps out; every day has all hours.
by_hour as (
    select
        hours.customer_type,
        'hour' as rhythm,
        hours.hour as position,
        cast(hours.hour as varchar) as name_zh,
        cast(hours.hour as varchar) as name_en,
        sum(hours.orders) as orders,
        sum(hours.amount) as amount,
        any_value(trade.trading_days) as trading_days
    from hours
    inner join trade on hours.customer_type = trade.customer_type
    cross join as_of
    where as_of.has_times
    group by hours.customer_type, hours.hour
),

by_weekday as (
    select
        days.customer_type,
        'weekday' as rhythm,
        weekdays.weekday as position,
        weekdays.name_zh,
        weekdays.name_en,
        sum(days.orders) as orders,
        sum(days.amount) as amount,
        count(*) as trading_days
    from days
    inner join weekdays on isodow(days.day) = weekdays.weekday
    group by days.customer_type, weekdays.weekday, weekdays.name_zh, weekdays.name_en
),

by_month as (
    select
        customer_type,
        'month' as rhythm,
        month(day) as position,
        cast(month(day) as varchar) as name_zh,
        cast(month(day) as varchar) as name_en,
        sum(orders) as orders,
        sum(amount) as amount,
        count(*) as trading_days
    from days
    group by customer_type, month(day)
),

by_season as (
    select
        days.customer_type,
        'season' as rhythm,
        seasons.season_no as position,
        seasons.name_zh,
        seasons.name_en,
        sum(days.orders) as orders,
        sum(days.amount) as amount,
        count(*) as trading_days
    from days
    inner join seasons on month(days.day) = seasons.month
    group by days.customer_type, seasons.season_no, seasons.name_zh, seasons.name_en
),

rhythms as (
    select * from by_hour
    union all
    select * from by_weekday
    union all
    select * from by_month
    union all
    select * from by_season
),

shares as (
    select
        customer_type,
        rhythm,
        cast(position as integer) as position,
        name_zh,
        name_en,
        cast(orders as bigint) as orders,
        cast(amount as decimal(18, 2)) as amount,
        trading_days,
        cast(orders as double) / trading_days as orders_per_trading_day,
        cast(orders as double) / trading_days / sum(cast(orders as double) / trading_days) over (
            partition by customer_type, rhythm order by position
            rows between unbounded preceding and unbounded following
        ) as share
    from rhythms
)

select * from shares
order by rhythm, customer_type, position
