with visits as (
    select * from {{ ref('int_visits') }}
    where is_buyer
),

samples as (
    select * from {{ ref('int_clv_samples') }}
),

-- Times are weeks of seven recorded days, so that holes in the data do not pass for silence.
buyers as (
    select
        samples.sample,
        visits.card_id,
        cast(count(*) - 1 as double) as frequency,
        (max(visits.recorded_days) - min(visits.recorded_days)) / 7 as recency,
        (samples.until_day - min(visits.recorded_days)) / 7 as age,
        samples.until_day / 7 as window_weeks,
        cast(sum(visits.amount) as double) / count(*) as mean_value
    from visits
    inner join samples on visits.recorded_days <= samples.until_day
    group by samples.sample, visits.card_id, samples.until_day
),

-- What the buyers of the first part did in the rest.
after_split as (
    select
        samples.sample,
        visits.card_id,
        count(*) as later_purchases,
        sum(visits.amount) as later_amount
    from visits
    inner join samples on visits.recorded_days > samples.until_day
    where samples.sample = 'calibration'
    group by samples.sample, visits.card_id
),

with_holdout as (
    select
        buyers.*,
        coalesce(after_split.later_purchases, 0) as later_purchases,
        cast(coalesce(after_split.later_amount, 0) as decimal(18, 2)) as later_amount
    from buyers
    left join after_split on buyers.sample = after_split.sample and buyers.card_id = after_split.card_id
)

select * from with_holdout
order by sample, card_id
