{%- set profiles = {
    'membership_level': 'features.l',
    'frequency_level': 'features.f',
    'amount_level': 'features.m',
    'points_level': 'case when features.p < 0 then 0 else features.p end',
} -%}
with features as (
    select * from {{ ref('lrfmpsx') }}
),

segments as (
    select * from {{ ref('member_segments') }}
),

profile_bands as (
    select * from {{ ref('int_profile_bands') }}
),

recency_text as (
    select * from {{ ref('texts') }}
    where text_key = 'recency'
),

bands as (
    select
        *,
        lead(lower_bound) over (partition by profile order by lower_bound) as upper_bound
    from profile_bands
),

profiles as (
    select
        features.card_id,
        features.x as gender,
        features.x_name_zh as gender_name_zh,
        features.x_name_en as gender_name_en,
        features.s as day_part,
        features.s_name_zh as day_part_name_zh,
        features.s_name_en as day_part_name_en,
        features.days_since_last_purchase,
        replace(recency_text.text_zh, '{days}', cast(features.days_since_last_purchase as string)) as recency_text_zh,
        replace(recency_text.text_en, '{days}', cast(features.days_since_last_purchase as string)) as recency_text_en,
        {% for profile in profiles -%}
        {{ profile }}_bands.level as {{ profile }},
        {{ profile }}_bands.name_zh as {{ profile }}_name_zh,
        {{ profile }}_bands.name_en as {{ profile }}_name_en,
        {% endfor -%}
        segments.segment,
        segments.segment_name_zh,
        segments.segment_name_en
    from features
    cross join recency_text
    left join segments on features.card_id = segments.card_id
    {% for profile, value in profiles.items() -%}
    left join bands as {{ profile }}_bands
        on {{ profile }}_bands.profile = '{{ profile }}' and {{ is_in_band(value, profile ~ '_bands') }}
    {% endfor %}
)

select * from profiles
order by card_id
