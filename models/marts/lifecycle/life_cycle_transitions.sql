with buyer_moves as (
    select * from {{ ref('int_life_cycle_moves') }}
    where previous_state is not null
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
        previous_state,
        state,
        sum(members) as members
    from buyer_moves
    group by month_start, previous_state, state
),

first_purchases as (
    select
        month_start,
        sum(members) as members
    from buyers
    where previous_state = 'never_bought'
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
        'never_bought' as previous_state,
        'never_bought' as state,
        members
    from still_never_bought
),

-- Nothing is known before the first month of the data.
starts as (
    select
        month_start,
        previous_state,
        sum(members) as members_before
    from moves
    where month_start > (select min(month_start) from never_bought)
    group by month_start, previous_state
    having sum(members) > 0
),

transitions as (
    select
        starts.month_start,
        starts.previous_state,
        states.state,
        cast(coalesce(moves.members, 0) as bigint) as members,
        coalesce(moves.members, 0) / starts.members_before as share,
        {{ is_small('starts.members_before') }} as is_small,
        clock.month_status
    from starts
    cross join states
    left join moves
        on
            starts.month_start = moves.month_start
            and starts.previous_state = moves.previous_state
            and states.state = moves.state
    inner join clock on starts.month_start = clock.month_start
)

select * from transitions
order by month_start, previous_state, state
