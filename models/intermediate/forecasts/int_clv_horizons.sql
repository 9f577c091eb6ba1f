with recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

samples as (
    select * from {{ ref('int_clv_samples') }}
),

-- The share of calendar days on which the shop trades, from the months without holes.
trade as (
    select coalesce(avg(cast(is_recorded as integer)) filter (where status = 'complete'), 1) as share_of_days
    from recorded_days
),

horizons as (
    select
        'all' as sample,
        cast(unnest({{ var('clv_horizon_days') }}) as bigint) as horizon_days,
        horizon_days * share_of_days / 7 as horizon_weeks
    from trade
    union all
    select
        sample,
        days_left as horizon_days,
        days_left / 7 as horizon_weeks
    from samples
    where sample = 'calibration'
)

select * from horizons
order by sample, horizon_days
