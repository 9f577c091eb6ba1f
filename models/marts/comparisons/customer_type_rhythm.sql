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

trade as (
    select
        customer_type,
        count(distinct day) as trading_days
    from hours
    group by customer_type
),

places as (
    select
        hours.customer_type,
        hours.day,
        hours.orders,
        hours.amount,
        trade.trading_days as all_trading_days,
        unnest([
            {'rhythm': 'hour', 'position': hours.hour, 'name_zh': null, 'name_en': null},
            {
                'rhythm': 'weekday', 'position': weekdays.weekday,
                'name_zh': weekdays.name_zh, 'name_en': weekdays.name_en
            },
            {'rhythm': 'month', 'position': seasons.month, 'name_zh': null, 'name_en': null},
            {'rhythm': 'season', 'position': seasons.season_no, 'name_zh': seasons.name_zh, 'name_en': seasons.name_en}
        ]) as place
    from hours
    inner join trade on hours.customer_type = trade.customer_type
    inner join weekdays on isodow(hours.day) = weekdays.weekday
    inner join seasons on month(hours.day) = seasons.month
),

-- Days with trade of this type of customer divide its gaps out; every day has all hours.
rhythms as (
    select
        customer_type,
        place.rhythm,
        cast(place.position as integer) as position,
        coalesce(place.name_zh, cast(place.position as varchar)) as name_zh,
        coalesce(place.name_en, cast(place.position as varchar)) as name_en,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        if(place.rhythm = 'hour', any_value(all_trading_days), count(distinct day)) as trading_days
    from places
    where place.rhythm <> 'hour' or (select has_times from as_of)
    group by customer_type, place
),

shares as (
    select
        *,
        cast(orders as double) / trading_days as orders_per_trading_day,
        cast(orders as double) / trading_days / sum(cast(orders as double) / trading_days) over (
            partition by customer_type, rhythm order by position
            rows between unbounded preceding and unbounded following
        ) as share
    from rhythms
)

select * from shares
order by rhythm, customer_type, position
