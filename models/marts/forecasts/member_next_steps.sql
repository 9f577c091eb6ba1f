with states as (
    select * from {{ ref('member_life_cycle') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

predictions as (
    select * from {{ ref('int_best_forecasts') }}
),

actions as (
    {{ fitting_texts(ref('recommended_actions'), ['segment_code', 'state']) }}
),

-- The action of the member's own segment and state; without one, that of the state for any segment.
next_steps as (
    select
        states.card_id,
        states.as_of,
        segments.effective_segment_code as segment_code,
        states.state,
        states.visits,
        predictions.p_alive,
        predictions.horizon_days,
        predictions.expected_purchases,
        predictions.purchases_method,
        predictions.purchase_value,
        predictions.expected_value,
        predictions.value_method,
        coalesce(own.action_code, general.action_code) as action_code,
        coalesce(own.action_text_zh, general.action_text_zh) as action_text_zh,
        coalesce(own.action_text_en, general.action_text_en) as action_text_en
    from states
    left join segments on states.card_id = segments.card_id
    left join predictions on states.card_id = predictions.card_id
    left join actions as own on segments.effective_segment_code = own.segment_code and states.state = own.state
    left join actions as general on general.segment_code = 'any' and states.state = general.state
)

select * from next_steps
order by card_id
