with visits as (
    select * from {{ ref('int_visits') }}
),

thresholds as (
    select * from {{ ref('life_cycle_thresholds') }}
),

-- A purchase after a silence that was too long for the member's band is a comeback.
judged as (
    select
        visits.card_id,
        visits.registered_at,
        visits.visit_date,
        visits.visit_no,
        visits.orders,
        visits.recorded_days,
        visits.next_visit_date,
        visits.days_to_next,
        visits.frequency_band,
        visits.is_buyer,
        thresholds.slowing_after_days,
        thresholds.silent_after_days,
        thresholds.lost_after_days,
        coalesce(visits.silent_days_before > before.silent_after_days, false) as is_comeback
    from visits
    inner join thresholds on visits.frequency_band = thresholds.frequency_band
    left join thresholds as before on visits.previous_frequency_band = before.frequency_band
)

select * from judged
