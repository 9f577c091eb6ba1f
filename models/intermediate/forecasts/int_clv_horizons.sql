with recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

samples as (
    select * from {{ ref('int_clv_samples') }}
),

years as (
    select
        max(day) as last_day,
        floor(({{ whole_days_between("min(day) filter (where status = 'complete')", 'max(day)') }} + 1) / 365) as years
    from recorded_days
),

-- Whole years have each season as often as the next; of less than one, all days count.
days_of_years as (
    select recorded_days.*
    from recorded_days
    cross join years
    where
        coalesce(years.years, 0) = 0
        or {{ whole_days_between('recorded_days.day', 'years.last_day') }} < 365 * years.years
),

-- The share of calendar days on which the shop trades: that of each weekday, in the months without holes (or in all,
-- where each has one). A shop that is closed on two days of the week trades on five of seven.
weekdays as (
    select coalesce(
        avg(cast(is_recorded as integer)) filter (where status = 'complete'), avg(cast(is_recorded as integer))
    ) as share_of_days
    from days_of_years
    group by {{ weekday_of('day') }}
),

trade as (
    select avg(share_of_days {{ in_order('share_of_days') }}) as share_of_days
    from weekdays
),

ahead as (
    {% for days in var('clv_horizon_days') -%}
    select cast({{ days }} as bigint) as horizon_days
    {{ "union all" if not loop.last }}
    {% endfor -%}
),

horizons as (
    select
        'all' as sample,
        ahead.horizon_days,
        ahead.horizon_days * trade.share_of_days / 7 as horizon_weeks,
        ln(1 + {{ var('clv_discount_rate') }}) * ahead.horizon_days / 365.25 as discount
    from ahead
    cross join trade
    union all
    select
        sample,
        days_left as horizon_days,
        days_left / 7 as horizon_weeks,
        null as discount
    from samples
    where sample = 'calibration'
)

select * from horizons
order by sample, horizon_days
