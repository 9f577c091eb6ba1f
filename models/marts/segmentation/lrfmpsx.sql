with lrfmp as (
    select * from {{ ref('int_buyer_lrfmp') }}
),

preferred as (
    select * from {{ ref('int_buyer_day_part') }}
),

members as (
    select * from {{ ref('members') }}
),

genders as (
    select * from {{ ref('genders') }}
),

features as (
    select
        lrfmp.card_id,
        lrfmp.l,
        lrfmp.r,
        lrfmp.f,
        lrfmp.m,
        lrfmp.p,
        preferred.day_part as s,
        preferred.day_part_zh as s_zh,
        preferred.day_part_en as s_en,
        members.gender as x,
        genders.label_zh as x_zh,
        genders.label_en as x_en,
        lrfmp.days_since_registration,
        lrfmp.days_since_last_purchase
    from lrfmp
    inner join members on lrfmp.card_id = members.card_id
    left join preferred on lrfmp.card_id = preferred.card_id
    left join genders on members.gender = genders.gender
)

select * from features
order by card_id
