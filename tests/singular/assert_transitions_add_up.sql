-- The moves out of a state are all its members at the end of the month before, and their shares add up to 1.
with moves as (
    select
        month_start,
        previous_state,
        sum(members) as members,
        sum(share) as share
    from {{ ref('life_cycle_transitions') }}
    group by month_start, previous_state
),

before as (
    select
        cast(month_start + interval 1 month as date) as month_start,
        state,
        members
    from {{ ref('life_cycle_by_month') }}
    where
        members > 0
        and month_start < (select max(month_start) from {{ ref('life_cycle_by_month') }})
)

select *
from moves
full outer join before on moves.month_start = before.month_start and moves.previous_state = before.state
where moves.members is distinct from before.members or abs(moves.share - 1) > 1e-9
