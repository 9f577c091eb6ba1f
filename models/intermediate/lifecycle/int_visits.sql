with purchase_days as (
    select * from {{ ref('int_purchase_days') }}
),

thresholds as (
    select * from {{ ref('life_cycle_thresholds') }}
),

-- A purchase after a silence that was too long for the member's band brings an inactive member back.
visits as (
    select
        purchase_days.* exclude (previous_frequency_band),
        thresholds.slowing_after_days,
        thresholds.silent_after_days,
        thresholds.lost_after_days,
        coalesce(purchase_days.silent_days_before > before.silent_after_days, false) as is_return
    from purchase_days
    inner join thresholds on purchase_days.frequency_band = thresholds.frequency_band
    left join thresholds as before on purchase_days.previous_frequency_band = before.frequency_band
)

select * from visits
