with states as (
    select * from {{ ref('member_life_cycle') }}
),

members as (
    select * from {{ ref('members') }}
),

profiles as (
    select * from {{ ref('consumers_profile') }}
),

features as (
    select * from {{ ref('lrfmpsx') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

scores as (
    select * from {{ ref('member_rfm') }}
),

purchasing_power as (
    select * from {{ ref('member_purchasing_power') }}
),

next_steps as (
    select * from {{ ref('member_next_steps') }}
),

favourite_counters as (
    select * from {{ ref('int_favourite_counters') }}
),

genders as (
    select * from {{ ref('genders') }}
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

overview as (
    select
        states.card_id,
        next_steps.as_of,
        genders.gender,
        genders.name_zh as gender_name_zh,
        genders.name_en as gender_name_en,
        members.age_band,
        age_bands.name_zh as age_band_name_zh,
        age_bands.name_en as age_band_name_en,
        members.birth_decade,
        cast(members.registered_at as date) as registration_date,
        profiles.membership_level,
        profiles.membership_level_name_zh,
        profiles.membership_level_name_en,
        states.state,
        states.state_name_zh,
        states.state_name_en,
        states.last_visit_date,
        features.days_since_last_purchase,
        states.visits,
        coalesce(features.f, 0) as orders,
        coalesce(features.m, 0) as amount,
        features.p as points,
        purchasing_power.amount_per_order,
        profiles.day_part,
        profiles.day_part_name_zh,
        profiles.day_part_name_en,
        favourite_counters.counter_code as favourite_counter_code,
        favourite_counters.counter_name as favourite_counter_name,
        segments.segment,
        segments.segment_code,
        segments.segment_name_zh,
        segments.segment_name_en,
        segments.override_segment_code,
        segments.override_reason,
        segments.effective_segment_code,
        segments.effective_segment_name_zh,
        segments.effective_segment_name_en,
        scores.r_score,
        scores.f_score,
        scores.m_score,
        scores.rfm_class,
        scores.rfm_class_name_zh,
        scores.rfm_class_name_en,
        scores.rfm_group,
        scores.rfm_group_name_zh,
        scores.rfm_group_name_en,
        purchasing_power.score as purchasing_power_score,
        next_steps.p_alive,
        next_steps.horizon_days,
        next_steps.expected_purchases,
        cast(next_steps.expected_value as decimal(18, 2)) as expected_value,
        next_steps.action_code,
        next_steps.action_text_zh,
        next_steps.action_text_en
    from states
    inner join members on states.card_id = members.card_id
    inner join scores on states.card_id = scores.card_id
    inner join next_steps on states.card_id = next_steps.card_id
    left join features on states.card_id = features.card_id
    left join profiles on states.card_id = profiles.card_id
    left join segments on states.card_id = segments.card_id
    left join purchasing_power on states.card_id = purchasing_power.card_id
    left join favourite_counters on states.card_id = favourite_counters.card_id
    left join genders on members.gender = genders.gender and not members.is_gender_filled
    left join age_bands on members.age_band = age_bands.age_band
)

select * from overview
order by card_id
