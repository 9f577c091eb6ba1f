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
        preferred.day_part_name_zh as s_name_zh,
        preferred.day_part_name_en as s_name_en,
        members.gender as x,
        genders.name_zh as x_name_zh,
        genders.name_en as x_name_en,
        lrfmp.days_since_registration,
        lrfmp.days_since_last_purchase
    from lrfmp
    inner join members on lrfmp.card_id = members.card_id
    left join preferred on lrfmp.card_id = preferred.card_id
    left join genders on members.gender = genders.gender
)

select * from features
order by card_id
