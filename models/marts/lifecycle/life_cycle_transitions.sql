with buyer_moves as (
    select * from {{ ref('int_life_cycle_moves') }}
    where state_before is not null
),

never_bought as (
    select * from {{ ref('int_never_bought_by_month') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

-- Members at both month ends.
buyers as (
    select
        month_start,
        state_before,
        state,
        sum(members) as members
    from buyer_moves
    group by month_start, state_before, state
),

first_purchases as (
    select
        month_start,
        sum(members) as members
    from buyers
    where state_before = 'never_bought'
    group by month_start
),

still_never_bought as (
    select
        never_bought.month_start,
        lag(never_bought.members) over (order by never_bought.month_start)
        - coalesce(first_purchases.members, 0) as members
    from never_bought
    left join first_purchases on never_bought.month_start = first_purchases.month_start
),

moves as (
    select * from buyers
    union all
    select
        month_start,
        'never_bought' as state_before,
        'never_bought' as state,
        members
    from still_never_bought
),

-- Nothing is known before the first month of the data.
starts as (
    select
        month_start,
        state_before,
        sum(members) as members_before
    from moves
    where month_start > (select min(month_start) from never_bought)
    group by month_start, state_before
    having sum(members) > 0
),

transitions as (
    select
        starts.month_start,
        starts.state_before,
        states.state,
        coalesce(moves.members, 0) as members,
        starts.members_before,
        clock.month_status
    from starts
    cross join states
    left join moves
        on
            starts.month_start = moves.month_start
            and starts.state_before = moves.state_before
            and states.state = moves.state
    inner join clock on starts.month_start = clock.month_start
),

shares as (
    select
        month_start,
        state_before,
        state,
        cast(members as bigint) as members,
        members / members_before as share,
        month_status
    from transitions
)

select * from shares
order by month_start, state_before, state
