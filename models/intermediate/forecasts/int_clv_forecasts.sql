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

methods as (
    select * from {{ ref('forecast_methods') }}
),

-- The time before as long as the horizon.
times_before as (
    select
        horizons.sample,
        horizons.horizon_days,
        horizons.horizon_weeks,
        samples.until_day,
        round(horizons.horizon_weeks * 7) as days
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
        buyers.age < times_before.days / 7 as is_new,
        coalesce(before.purchases, 0) as before_purchases,
        coalesce(before.amount, 0) as before_amount
    from buyers
    inner join times_before on buyers.sample = times_before.sample
    left join before on buyers.sample = before.sample and buyers.card_id = before.card_id
),

-- Where most buyers came for the first time in the time before, as all did where the data begin in it, what they bought
-- in it is all that is known of them, and tells nothing of a time that begins after the first purchase.
totals as (
    select
        sample,
        2 * count(*) filter (where is_new) <= count(*) as tells_the_time_before,
        sum(frequency) / nullif(sum(age {{ in_order('card_id') }}), 0) as mean_rate,
        sum(before_amount {{ in_order('card_id') }}) / nullif(sum(before_purchases), 0) as mean_value
    from with_before
    group by sample
),

-- Beside the models, what anyone would guess: the mean for all, the member's own rate, the same again as before. Where
-- only the amounts have no model, the expected visits are worth what a visit of anybody is.
alternatives as (
    select
        with_before.sample,
        with_before.card_id,
        times_before.horizon_days,
        methods.method,
        case methods.method
            when 'model' then predictions.expected_purchases
            when 'mean_rate' then totals.mean_rate * times_before.horizon_weeks
            when 'own_rate' then with_before.frequency / greatest(with_before.age, 1) * times_before.horizon_weeks
            when 'same_as_before' then if(totals.tells_the_time_before, with_before.before_purchases, null)
        end as purchases,
        case methods.method
            when 'model' then predictions.expected_purchases * coalesce(predictions.purchase_value, totals.mean_value)
            when 'mean_rate' then totals.mean_rate * times_before.horizon_weeks * totals.mean_value
            when 'own_rate'
                then
                    with_before.frequency / greatest(with_before.age, 1) * times_before.horizon_weeks
                    * with_before.mean_value
            when 'same_as_before' then if(totals.tells_the_time_before, with_before.before_amount, null)
        end as amount
    from with_before
    inner join times_before on with_before.sample = times_before.sample
    inner join totals on with_before.sample = totals.sample
    inner join predictions
        on
            with_before.sample = predictions.sample
            and with_before.card_id = predictions.card_id
            and times_before.horizon_days = predictions.horizon_days
    cross join methods
),

forecasts as (
    {% for quantity in ['purchases', 'amount'] -%}
    select
        sample,
        card_id,
        horizon_days,
        method,
        '{{ quantity }}' as quantity,
        {{ quantity }} as expected
    from alternatives
    {{ "union all" if not loop.last }}
    {% endfor -%}
)

select * from forecasts
