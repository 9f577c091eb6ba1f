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

rhythms as (
    select
        hours.customer_type,
        hours.day,
        hours.orders,
        hours.amount,
        unnest([
            {'rhythm': 'hour', 'position': hours.hour, 'name_zh': null, 'name_en': null},
            {'rhythm': 'weekday', 'position': weekdays.weekday, 'name_zh': weekdays.name_zh, 'name_en': weekdays.name_en},
            {'rhythm': 'month', 'position': seasons.month, 'name_zh': null, 'name_en': null},
            {'rhythm': 'season', 'position': seasons.season_no, 'name_zh': seasons.name_zh, 'name_en': seasons.name_en}
        ], recursive := true)
    from hours
    inner join weekdays on isodow(hours.day) = weekdays.weekday
    inner join seasons on month(hours.day) = seasons.month
),

trade as (
    select
        customer_type,
        count(distinct day) as trading_days
    from hours
    group by customer_type
),

-- Days with trade of this type of customer divide its gaps out; every day has all hours.
by_position as (
    select
        rhythms.customer_type,
        rhythms.rhythm,
        cast(rhythms.position as integer) as position,
        coalesce(rhythms.name_zh, cast(rhythms.position as varchar)) as name_zh,
        coalesce(rhythms.name_en, cast(rhythms.position as varchar)) as name_en,
        cast(sum(rhythms.orders) as bigint) as orders,
        cast(sum(rhythms.amount) as decimal(18, 2)) as amount,
        if(rhythms.rhythm = 'hour', any_value(trade.trading_days), count(distinct rhythms.day)) as trading_days
    from rhythms
    inner join trade on rhythms.customer_type = trade.customer_type
    cross join as_of
    where as_of.has_times or rhythms.rhythm <> 'hour'
    group by all
),

shares as (
    select
        *,
        cast(orders as double) / trading_days as orders_per_trading_day,
        cast(orders as double) / trading_days / sum(cast(orders as double) / trading_days) over (
            partition by customer_type, rhythm order by position
            rows between unbounded preceding and unbounded following
        ) as share
    from by_position
)

select * from shares
order by rhythm, customer_type, position
