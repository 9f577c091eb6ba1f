with lrfmp as (
    select * from {{ ref('int_buyer_lrfmp') }}
),

day_parts as (
    select * from {{ ref('int_buyer_day_part') }}
),

members as (
    select * from {{ ref('members') }}
),

features as (
    select
        lrfmp.card_id,
        lrfmp.l,
        lrfmp.r,
        lrfmp.f,
        lrfmp.m,
        lrfmp.p,
        day_parts.day_part as s,
        members.gender as x,
        lrfmp.days_since_registration,
        lrfmp.days_since_last_purchase
    from lrfmp
    inner join members on lrfmp.card_id = members.card_id
    left join day_parts on lrfmp.card_id = day_parts.card_id
)

select * from features
order by card_id
