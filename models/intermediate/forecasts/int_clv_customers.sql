with purchase_days as (
    select * from {{ ref('int_purchase_days') }}
),

samples as (
    select * from {{ ref('int_clv_samples') }}
),

-- Times are weeks of seven recorded days, so that holes in the data do not pass for silence.
customers as (
    select
        samples.sample,
        purchase_days.card_id,
        cast(count(*) - 1 as double) as frequency,
        (max(purchase_days.recorded_days) - min(purchase_days.recorded_days)) / 7 as recency,
        (samples.until_day - min(purchase_days.recorded_days)) / 7 as age,
        samples.until_day / 7 as window_weeks,
        cast(sum(purchase_days.amount) as double) / count(*) as mean_value
    from purchase_days
    inner join samples on purchase_days.recorded_days <= samples.until_day
    group by samples.sample, purchase_days.card_id, samples.until_day
),

-- What the customers of the first part did in the rest, and in as many recorded days before it.
around_split as (
    select
        purchase_days.card_id,
        count(*) filter (where purchase_days.recorded_days > samples.until_day) as later_purchases,
        sum(purchase_days.amount) filter (where purchase_days.recorded_days > samples.until_day) as later_amount,
        count(*) filter (where purchase_days.recorded_days <= samples.until_day) as before_purchases,
        sum(purchase_days.amount) filter (where purchase_days.recorded_days <= samples.until_day) as before_amount
    from purchase_days
    inner join samples on purchase_days.recorded_days > samples.until_day - samples.days_left
    where samples.sample = 'calibration'
    group by purchase_days.card_id
),

with_holdout as (
    select
        customers.*,
        coalesce(around_split.later_purchases, 0) as later_purchases,
        cast(coalesce(around_split.later_amount, 0) as decimal(18, 2)) as later_amount,
        coalesce(around_split.before_purchases, 0) as before_purchases,
        cast(coalesce(around_split.before_amount, 0) as decimal(18, 2)) as before_amount
    from customers
    left join around_split on customers.card_id = around_split.card_id
)

select * from with_holdout
order by sample, card_id
