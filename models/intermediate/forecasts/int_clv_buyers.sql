with visits as (
    select * from {{ ref('int_visits') }}
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

-- What the buyers of the first part did in the rest, and in as many recorded days before it.
around_split as (
    select
        visits.card_id,
        count(*) filter (where visits.recorded_days > samples.until_day) as later_purchases,
        sum(visits.amount) filter (where visits.recorded_days > samples.until_day) as later_amount,
        count(*) filter (where visits.recorded_days <= samples.until_day) as before_purchases,
        sum(visits.amount) filter (where visits.recorded_days <= samples.until_day) as before_amount
    from visits
    inner join samples on visits.recorded_days > samples.until_day - samples.days_left
    where samples.sample = 'calibration'
    group by visits.card_id
),

with_holdout as (
    select
        buyers.*,
        coalesce(around_split.later_purchases, 0) as later_purchases,
        cast(coalesce(around_split.later_amount, 0) as decimal(18, 2)) as later_amount,
        coalesce(around_split.before_purchases, 0) as before_purchases,
        cast(coalesce(around_split.before_amount, 0) as decimal(18, 2)) as before_amount
    from buyers
    left join around_split on buyers.card_id = around_split.card_id
)

select * from with_holdout
order by sample, card_id
