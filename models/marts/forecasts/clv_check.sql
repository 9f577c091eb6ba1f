with forecasts as (
    select * from {{ ref('int_clv_forecasts') }}
),

buyers as (
    select * from {{ ref('int_clv_buyers') }}
    where sample = 'calibration'
),

models as (
    select * from {{ ref('int_clv_models') }}
    where sample = 'calibration' and model = 'bg_nbd'
),

refusals as (
    select * from {{ ref('clv_refusals') }}
),

methods as (
    select * from {{ ref('forecast_methods') }}
),

pairs as (
    select
        forecasts.quantity,
        forecasts.method,
        forecasts.card_id,
        forecasts.horizon_days as checked_days,
        buyers.frequency = 0 as has_one_visit,
        forecasts.expected as predicted,
        cast(
            case forecasts.quantity when 'purchases' then buyers.later_purchases else buyers.later_amount end as double
        ) as actual
    from forecasts
    inner join buyers on forecasts.sample = buyers.sample and forecasts.card_id = buyers.card_id
),

errors as (
    select
        quantity,
        method,
        max(checked_days) as checked_days,
        count(*) as members,
        sum(abs(predicted - actual) {{ in_order('card_id') }}) / count(predicted) as mean_absolute_error,
        sqrt(sum(pow(predicted - actual, 2) {{ in_order('card_id') }}) / count(predicted)) as root_mean_square_error,
        sum(predicted {{ in_order('card_id') }}) as predicted_total,
        sum(actual {{ in_order('card_id') }}) as actual_total,
        sum(predicted {{ in_order('card_id') }}) / nullif(sum(actual {{ in_order('card_id') }}), 0) - 1 as total_bias,
        -- Too much for those of one visit can hide behind too little for the others.
        count(*) filter (where has_one_visit) as one_visit_members,
        sum(predicted {{ in_order('card_id') }}) filter (where has_one_visit) as one_visit_predicted,
        sum(actual {{ in_order('card_id') }}) filter (where has_one_visit) as one_visit_actual,
        sum(predicted {{ in_order('card_id') }}) filter (where has_one_visit)
        / nullif(sum(actual {{ in_order('card_id') }}) filter (where has_one_visit), 0) - 1 as one_visit_bias
    from pairs
    group by quantity, method
),

-- What a method says of the time after the data: nothing where the model was refused, or most buyers are too new to say
-- it by the time before.
usable as (
    select
        quantity,
        method,
        count(expected) > 0 as is_usable
    from forecasts
    where sample = 'all'
    group by quantity, method
),

-- Too little data do not tell which is best.
enough as (
    select not coalesce(refusals.is_too_little_data, false) as is_enough
    from models
    left join refusals on models.reason = refusals.reason
),

-- The square counts, because what is forecast is a mean: it has the smallest squared error, where the smallest absolute
-- one would go to a guess of nothing for most members.
candidates as (
    select
        errors.*,
        usable.is_usable,
        methods.name_zh as method_name_zh,
        methods.name_en as method_name_en,
        methods.sort_order,
        enough.is_enough and usable.is_usable and errors.root_mean_square_error is not null as is_candidate
    from errors
    inner join usable on errors.quantity = usable.quantity and errors.method = usable.method
    inner join methods on errors.method = methods.method
    cross join enough
),

checked as (
    select
        {{ all_but('candidates', ['sort_order', 'is_candidate']) }},
        is_candidate
        and row_number() over (partition by quantity, is_candidate order by root_mean_square_error, sort_order) = 1
            as is_best
    from candidates
)

select * from checked
order by quantity, method
