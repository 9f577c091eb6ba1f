with states as (
    select * from {{ ref('member_life_cycle') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

forecasts as (
    select * from {{ ref('int_clv_forecasts') }}
    where sample = 'all'
),

-- What is the same for everybody says nothing of one.
methods as (
    select * from {{ ref('clv_check') }}
    where is_best and method <> 'mean_rate'
),

predictions as (
    select * from {{ ref('member_expected_purchases') }}
    where horizon_days = {{ var('next_steps_horizon_days') }}
),

actions as (
    {{ fitting_texts(ref('recommended_actions'), ['segment_code', 'state']) }}
),

-- By the methods that did best; nothing where the data are too few to tell.
best_forecasts as (
    select
        forecasts.card_id,
        max(forecasts.expected) filter (where forecasts.quantity = 'purchases') as expected_purchases,
        max(forecasts.method) filter (where forecasts.quantity = 'purchases') as purchases_method,
        max(forecasts.expected) filter (where forecasts.quantity = 'amount') as expected_value,
        max(forecasts.method) filter (where forecasts.quantity = 'amount') as value_method
    from forecasts
    inner join methods on forecasts.quantity = methods.quantity and forecasts.method = methods.method
    group by forecasts.card_id
),

-- The action of the member's own segment and state; without one, that of the segments of the same profile, which a
-- number after the code tells apart; without one, that of the state for any segment.
next_steps as (
    select
        states.card_id,
        states.as_of,
        segments.effective_segment_code as segment_code,
        states.state,
        states.visits,
        predictions.p_alive,
        predictions.horizon_days,
        best_forecasts.expected_purchases,
        best_forecasts.purchases_method,
        -- What one purchase is worth, the model says alone.
        case
            when best_forecasts.purchases_method = 'model' and best_forecasts.value_method = 'model'
                then predictions.purchase_value
        end as purchase_value,
        best_forecasts.expected_value,
        best_forecasts.value_method,
        coalesce(own.action_code, alike.action_code, general.action_code) as action_code,
        coalesce(own.action_text_zh, alike.action_text_zh, general.action_text_zh) as action_text_zh,
        coalesce(own.action_text_en, alike.action_text_en, general.action_text_en) as action_text_en
    from states
    left join segments on states.card_id = segments.card_id
    left join predictions on states.card_id = predictions.card_id
    left join best_forecasts on states.card_id = best_forecasts.card_id
    left join actions as own on segments.effective_segment_code = own.segment_code and states.state = own.state
    left join actions as alike
        on
            {{ replaced('segments.effective_segment_code', '_[0-9]+$', '') }} = alike.segment_code
            and states.state = alike.state
    left join actions as general on general.segment_code = 'any' and states.state = general.state
)

select * from next_steps
order by card_id
