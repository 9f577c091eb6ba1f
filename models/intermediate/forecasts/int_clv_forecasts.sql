with buyers as (
    select * from {{ ref('int_clv_buyers') }}
),

visits as (
    select * from {{ ref('int_visits') }}
),

samples as (
    select * from {{ ref('int_clv_samples') }}
),

horizons as (
    select * from {{ ref('int_clv_horizons') }}
    where sample = 'calibration' or horizon_days = {{ var('next_steps_horizon_days') }}
),

predictions as (
    select * from {{ ref('int_clv_predictions') }}
),

-- The time before as long as the horizon, as far as the data reach.
times_before as (
    select
        horizons.sample,
        horizons.horizon_days,
        horizons.horizon_weeks,
        samples.until_day,
        round(horizons.horizon_weeks * 7) as days,
        greatest(days / samples.until_day, 1) as scale
    from horizons
    inner join samples on horizons.sample = samples.sample
),

before as (
    select
        times_before.sample,
        visits.card_id,
        count(*) as purchases,
        cast(sum(visits.amount) as double) as amount
    from visits
    inner join times_before
        on
            visits.recorded_days > times_before.until_day - times_before.days
            and visits.recorded_days <= times_before.until_day
    group by times_before.sample, visits.card_id
),

with_before as (
    select
        buyers.sample,
        buyers.card_id,
        buyers.frequency,
        buyers.age,
        buyers.mean_value,
        coalesce(before.purchases, 0) as before_purchases,
        coalesce(before.amount, 0) as before_amount
    from buyers
    left join before on buyers.sample = before.sample and buyers.card_id = before.card_id
),

totals as (
    select
        sample,
        sum(frequency) / nullif(sum(age order by card_id), 0) as mean_rate,
        sum(before_amount order by card_id) / nullif(sum(before_purchases), 0) as mean_value
    from with_before
    group by sample
),

-- Beside the models, what anyone would guess: the mean for all, the member's own rate, the same again as before.
alternatives as (
    select
        with_before.sample,
        with_before.card_id,
        times_before.horizon_days,
        unnest([
            {
                'method': 'model',
                'purchases': predictions.expected_purchases,
                'amount': predictions.expected_purchases * predictions.purchase_value
            },
            {
                'method': 'mean_rate',
                'purchases': totals.mean_rate * times_before.horizon_weeks,
                'amount': totals.mean_rate * times_before.horizon_weeks * totals.mean_value
            },
            {
                'method': 'own_rate',
                'purchases': with_before.frequency / greatest(with_before.age, 1) * times_before.horizon_weeks,
                'amount': with_before.frequency / greatest(with_before.age, 1) * times_before.horizon_weeks
                * with_before.mean_value
            },
            {
                'method': 'same_as_before',
                'purchases': with_before.before_purchases * times_before.scale,
                'amount': with_before.before_amount * times_before.scale
            }
        ]) as forecast
    from with_before
    inner join times_before on with_before.sample = times_before.sample
    inner join totals on with_before.sample = totals.sample
    inner join predictions
        on
            with_before.sample = predictions.sample
            and with_before.card_id = predictions.card_id
            and times_before.horizon_days = predictions.horizon_days
),

by_quantity as (
    select
        sample,
        card_id,
        horizon_days,
        forecast.method,
        unnest([
            {'quantity': 'purchases', 'expected': forecast.purchases},
            {'quantity': 'amount', 'expected': forecast.amount}
        ]) as forecast
    from alternatives
),

forecasts as (
    select
        sample,
        card_id,
        horizon_days,
        method,
        forecast.quantity,
        forecast.expected
    from by_quantity
)

select * from forecasts
