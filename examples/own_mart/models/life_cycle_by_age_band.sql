with members as (
    select * from {{ ref('customer_segmentation', 'members') }}
),

states as (
    select * from {{ ref('customer_segmentation', 'member_life_cycle') }}
),

counted as (
    select
        members.age_band,
        states.state,
        count(*) as members
    from states
    left join members on states.card_id = members.card_id
    group by members.age_band, states.state
)

select * from counted
order by age_band, state
