with features as (
    select * from {{ ref('int_buyer_features') }}
),

genders as (
    select * from {{ ref('genders') }}
),

day_parts as (
    select * from {{ ref('day_parts') }}
)

select
    features.card_id,
    features.l,
    features.r,
    features.f,
    features.m,
    features.p,
    features.s,
    day_parts.label_zh as s_zh,
    features.x,
    genders.label_zh as x_zh
from features
left join day_parts on features.s = day_parts.day_part
left join genders on features.x = genders.gender
order by features.card_id
