with buyers as (
    select * from {{ ref('int_clv_buyers') }}
    where sample = 'calibration'
),

predictions as (
    select * from {{ ref('int_clv_predictions') }}
    where sample = 'calibration'
),

horizon as (
    select * from {{ ref('int_clv_horizons') }}
    where sample = 'calibration'
),

totals as (
    select
        sum(frequency) / nullif(sum(age order by card_id), 0) as mean_rate,
        cast(sum(before_amount) as double) / nullif(sum(before_purchases), 0) as mean_value
    from buyers
),

-- Beside the models, what anyone would guess: the mean for all, the member's own rate, the same again as before.
guesses as (
    select
        buyers.card_id,
        unnest([
            {
                'method': 'model',
                'purchases': predictions.expected_purchases,
                'amount': predictions.expected_purchases * predictions.purchase_value
            },
            {
                'method': 'mean_rate',
                'purchases': totals.mean_rate * horizon.horizon_weeks,
                'amount': totals.mean_rate * horizon.horizon_weeks * totals.mean_value
            },
            {
                'method': 'own_rate',
                'purchases': buyers.frequency / greatest(buyers.age, 1) * horizon.horizon_weeks,
                'amount': buyers.frequency / greatest(buyers.age, 1) * horizon.horizon_weeks
                * buyers.mean_value
            },
            {
                'method': 'same_as_before',
                'purchases': cast(buyers.before_purchases as double),
                'amount': cast(buyers.before_amount as double)
            }
        ]) as guess,
        cast(buyers.later_purchases as double) as later_purchases,
        cast(buyers.later_amount as double) as later_amount
    from buyers
    inner join predictions on buyers.card_id = predictions.card_id
    cross join horizon
    cross join totals
),

pairs as (
    select
        card_id,
        guess.method,
        'purchases' as quantity,
        guess.purchases as predicted,
        later_purchases as actual
    from guesses
    union all
    select
        card_id,
        guess.method,
        'amount' as quantity,
        guess.amount as predicted,
        later_amount as actual
    from guesses
),

errors as (
    select
        quantity,
        method,
        count(*) as members,
        sum(abs(predicted - actual) order by card_id) / count(predicted) as mean_absolute_error,
        sqrt(sum((predicted - actual) ** 2 order by card_id) / count(predicted)) as root_mean_square_error,
        sum(predicted order by card_id) as predicted_total,
        sum(actual order by card_id) as actual_total,
        sum(predicted order by card_id) / nullif(sum(actual order by card_id), 0) - 1 as total_bias
    from pairs
    group by quantity, method
)

select * from errors
order by quantity, method
