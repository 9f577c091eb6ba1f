with months as (
    select * from {{ ref('member_life_cycle_months') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
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
),

at_the_end as (
    select
        month_start,
        state,
        sum(members) as members
    from moves
    group by month_start, state
),

still_buyers as (
    select
        month_start,
        previous_state,
        sum(members) as members
    from moves
    group by month_start, previous_state
),

-- Buyers of the month before who brought everything back in the month.
no_longer_buyers as (
    select
        clock.month_start,
        at_the_end.state as previous_state,
        'never_bought' as state,
        false as has_bought,
        at_the_end.members - coalesce(still_buyers.members, 0) as members
    from clock
    inner join at_the_end on clock.month_start = at_the_end.month_start + interval 1 month
    left join still_buyers
        on clock.month_start = still_buyers.month_start and at_the_end.state = still_buyers.previous_state
),

all_moves as (
    select * from moves
    union all
    select * from no_longer_buyers
    where members > 0
)

select * from all_moves
