with months as (
    select * from {{ ref('member_life_cycle_months') }}
),

moves as (
    select
        month_start,
        previous_state,
        state,
        has_bought,
        count(*) as members
    from months
    group by all
)

select * from moves
