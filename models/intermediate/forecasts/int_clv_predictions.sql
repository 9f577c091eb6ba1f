{{ config(materialized='view') }}

with buyers as (
    select * from {{ ref('int_clv_buyers') }}
),

expectations as (
    select * from {{ ref('int_clv_expectations') }}
),

value_models as (
    select * from {{ ref('int_clv_models') }}
    where model = 'gamma_gamma' and reason is null
),

-- The worth of a visit lies between the buyer's own mean and that of all (Fader and Hardie 2013).
predictions as (
    select
        buyers.sample,
        buyers.card_id,
        expectations.horizon_days,
        expectations.p_alive,
        expectations.expected_purchases,
        value_models.p * (value_models.v + (buyers.frequency + 1) * buyers.mean_value)
        / (value_models.p * (buyers.frequency + 1) + value_models.q - 1) as purchase_value,
        expectations.discounted_purchases
    from buyers
    inner join expectations
        on
            buyers.sample = expectations.sample
            and buyers.frequency = expectations.frequency
            and buyers.recency = expectations.recency
            and buyers.age = expectations.age
    left join value_models on buyers.sample = value_models.sample
)

select * from predictions
