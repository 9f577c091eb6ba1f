with recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

last_day as (
    select
        max(recorded_days) as last_day,
        cast(floor(max(recorded_days) * {{ var('clv_calibration_share') }}) as bigint) as split_day
    from recorded_days
),

-- All that is known, and the first part of it, on which the forecast is tried.
samples as (
    select
        'all' as sample,
        last_day as until_day,
        0 as days_left
    from last_day
    union all
    select
        'calibration' as sample,
        split_day as until_day,
        last_day - split_day as days_left
    from last_day
)

select * from samples
order by sample
