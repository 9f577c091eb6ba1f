{#- Of fewer whole years, what is usual for a month is not told from what happened in one. -#}
{%- set fewest_years = 3 -%}
with days as (
    select * from {{ ref('int_days') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

weekdays as (
    select * from {{ ref('weekdays') }}
),

month_parts as (
    select * from {{ ref('month_parts') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
    where status = 'complete'
),

complete_months as (
    select coverage.month_start
    from coverage
    inner join as_of on coverage.month_start < date_trunc('month', as_of.as_of)
),

-- A day against the seven days around it, so that growth and the season favour no weekday.
around as (
    select
        days.day,
        complete_months.month_start,
        days.orders,
        avg(days.orders) over week_around as orders_around,
        count(*) over week_around as days_around
    from days
    inner join complete_months on date_trunc('month', days.day) = complete_months.month_start
    window week_around as (order by days.day range between interval 3 days preceding and interval 3 days following)
),

whole_weeks as (
    select * from around
    qualify days_around >= median(days_around) over ()
),

months as (
    select
        month_start,
        avg(orders) as orders_per_day,
        count(*) as trading_days
    from around
    group by month_start
),

-- For a slope, days may be counted from any day.
growth as (
    select
        case
            when count(*) > 1
                then regr_slope(
                    ln(orders_per_day),
                    {{ whole_days_between("date '2000-01-01'", 'month_start') }} {{ in_order('month_start') }}
                )
            else 0
        end as log_orders_per_day
    from months
),

-- Without the growth of the shop, which favours the end of each month.
level_days as (
    select
        around.month_start,
        around.day,
        around.orders * exp(-growth.log_orders_per_day * day(around.day)) as orders
    from around
    cross join growth
),

parts as (
    select
        level_days.month_start,
        max(month_parts.part) as part,
        level_days.day,
        level_days.orders,
        avg(level_days.orders {{ in_order('level_days.day') }}) over (partition by level_days.month_start)
            as orders_in_month
    from level_days
    inner join month_parts on day(level_days.day) >= month_parts.from_day
    group by level_days.month_start, level_days.day, level_days.orders
),

whole_years as (
    select
        year(month_start) as year_no,
        avg(orders_per_day {{ in_order('month_start') }}) as orders_per_day
    from months
    group by year(month_start)
    having count(*) = 12
),

-- From year to year, as the season is the same in all.
yearly_growth as (
    select
        case
            when count(*) > 1 then regr_slope(ln(orders_per_day), year_no {{ in_order('year_no') }}) else 0
        end as log_orders_per_day
    from whole_years
),

-- Without the growth of the shop, which favours the end of each year.
level_months as (
    select
        months.month_start,
        months.trading_days,
        months.orders_per_day * exp(-yearly_growth.log_orders_per_day * month(months.month_start) / 12.0)
            as orders_per_day
    from months
    inner join whole_years on year(months.month_start) = whole_years.year_no
    cross join yearly_growth
),

months_of_years as (
    select
        *,
        avg(orders_per_day {{ in_order('month_start') }}) over (partition by year(month_start)) as orders_in_year
    from level_months
),

observations as (
    select
        'weekday' as effect,
        {{ weekday_of('day') }} as position,
        day as observed,
        1 as trading_days,
        orders / orders_around as relative_orders
    from whole_weeks
    union all
    select
        'part_of_month' as effect,
        part as position,
        month_start as observed,
        count(*) as trading_days,
        avg(orders {{ in_order('day') }}) / any_value(orders_in_month) as relative_orders
    from parts
    group by part, month_start
    union all
    select
        'month' as effect,
        month(month_start) as position,
        month_start as observed,
        trading_days,
        orders_per_day / orders_in_year as relative_orders
    from months_of_years
),

means as (
    select
        effect,
        cast(position as integer) as position,
        count(*) as observations,
        cast(sum(trading_days) as bigint) as trading_days,
        avg(relative_orders {{ in_order('observed') }}) as relative_orders,
        case
            when effect = 'month' then count(*) >= {{ fewest_years }} else not {{ is_small('count(*)') }}
        end as is_judged,
        var_samp(relative_orders {{ in_order('observed') }}) as variance
    from observations
    group by effect, position
),

-- A few years tell little of how one month varies, but twelve months together enough: eleven of them vary freely around
-- the mean of their year.
measured as (
    select
        *,
        case
            when is_judged and effect = 'month'
                then sqrt(avg(variance {{ in_order('position') }}) over (partition by effect) * 12 / 11 / observations)
            when is_judged then sqrt(variance / observations)
        end as standard_error
    from means
),

-- Less than one build in twenty calls an effect beyond chance where there is none: the tail of the normal distribution
-- is bounded by Chernoff, the number of effects by Bonferroni.
judged as (
    select
        *,
        relative_orders - {{ z_of_95_percent() }} * standard_error as lower_bound,
        relative_orders + {{ z_of_95_percent() }} * standard_error as upper_bound,
        case
            when standard_error = 0 then relative_orders <> 1
            else
                2 * count(standard_error) over () * exp(-pow((relative_orders - 1) / nullif(standard_error, 0), 2) / 2)
                < {{ var('chance_level') }}
        end as is_beyond_chance
    from measured
),

named as (
    select
        judged.effect,
        judged.position,
        coalesce(weekdays.name_zh, month_parts.name_zh, cast(judged.position as string)) as name_zh,
        coalesce(weekdays.name_en, month_parts.name_en, cast(judged.position as string)) as name_en,
        judged.observations,
        judged.trading_days,
        round(judged.relative_orders, 6) as relative_orders,
        judged.standard_error,
        judged.lower_bound,
        judged.upper_bound,
        judged.is_beyond_chance
    from judged
    left join weekdays on judged.effect = 'weekday' and judged.position = weekdays.weekday
    left join month_parts on judged.effect = 'part_of_month' and judged.position = month_parts.part
)

select * from named
order by effect, position
