-- The last month's end is the as-of date: features and segments are those of the marts, member by member.
with history as (
    select member_history.*
    from {{ ref('member_history') }} as member_history
    inner join {{ ref('int_as_of') }} as as_of on member_history.month_end = as_of.as_of
),

current_marts as (
    select
        features.*,
        segments.segment
    from {{ ref('lrfmpsx') }} as features
    inner join {{ ref('member_segments') }} as segments on features.card_id = segments.card_id
)

select
    history.card_id as history_card_id,
    current_marts.card_id
from history
full outer join current_marts on history.card_id = current_marts.card_id
where
    history.card_id is null
    or current_marts.card_id is null
    or history.l is distinct from current_marts.l
    or history.r is distinct from current_marts.r
    or history.f is distinct from current_marts.f
    or history.m is distinct from current_marts.m
    or history.p is distinct from current_marts.p
    or history.segment is distinct from current_marts.segment
