with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

frequency_bands as (
    select * from {{ ref('frequency_bands') }}
),

bands as (
    select
        frequency_band,
        lower_bound,
        lead(lower_bound) over (order by lower_bound) as upper_bound
    from frequency_bands
),

by_day as (
    select
        orders.card_id,
        any_value(orders.registered_at) as registered_at,
        cast(orders.purchased_at as date) as visit_date,
        count(*) as orders,
        sum(orders.amount) as amount,
        count(buyers.card_id) > 0 as is_buyer
    from orders
    left join buyers on orders.card_id = buyers.card_id
    group by orders.card_id, cast(orders.purchased_at as date)
),

on_the_clock as (
    select
        by_day.*,
        recorded_days.recorded_days,
        cast(row_number() over purchases as bigint) as visit_no,
        lead(by_day.visit_date) over purchases as next_visit_date,
        (lead(recorded_days.recorded_days) over purchases) - recorded_days.recorded_days as days_to_next,
        -- Recorded days without a purchase up to the evening before this one.
        recorded_days.recorded_days - cast(recorded_days.is_recorded as integer)
        - lag(recorded_days.recorded_days) over purchases as silent_days_before
    from by_day
    inner join recorded_days on by_day.visit_date = recorded_days.day
    window purchases as (partition by by_day.card_id order by by_day.visit_date)
),

banded as (
    select
        on_the_clock.*,
        bands.frequency_band,
        lag(bands.frequency_band) over (
            partition by on_the_clock.card_id order by on_the_clock.visit_date
        ) as previous_frequency_band
    from on_the_clock
    inner join bands on {{ is_in_band('on_the_clock.visit_no', 'bands') }}
)

select * from banded
