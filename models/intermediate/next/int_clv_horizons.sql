with recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

-- The share of calendar days on which the shop trades, from the months without holes.
trade as (
    select
        coalesce(avg(cast(is_recorded as integer)) filter (where status = 'complete'), 1) as share_of_days,
        max(recorded_days) as last_day,
        cast(floor(max(recorded_days) * {{ var('clv_calibration_share') }}) as bigint) as split_day
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
        'calibration' as sample,
        last_day - split_day as horizon_days,
        (last_day - split_day) / 7 as horizon_weeks
    from trade
)

select * from horizons
order by sample, horizon_days
