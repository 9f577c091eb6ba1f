with moves as (
    select * from {{ ref('int_life_cycle_moves') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
    where is_inactive
),

counts as (
    select
        moves.month_start,
        moves.previous_state,
        cast(sum(moves.members) as bigint) as inactive_members,
        cast(coalesce(sum(moves.members) filter (where moves.has_bought), 0) as bigint) as activated_members
    from moves
    inner join states on moves.previous_state = states.state
    group by moves.month_start, moves.previous_state
),

-- A month that is missing in the data says nothing about activation.
judged as (
    select
        counts.*,
        clock.month_status,
        case when clock.month_status <> 'missing' then counts.activated_members end as known_activations
    from counts
    inner join clock on counts.month_start = clock.month_start
),

rates as (
    select
        month_start,
        previous_state,
        inactive_members,
        activated_members,
        known_activations / inactive_members as activation_rate,
        {{ wilson_bound('known_activations', 'inactive_members', '-') }} as activation_rate_low,
        {{ wilson_bound('known_activations', 'inactive_members', '+') }} as activation_rate_high,
        {{ is_small('inactive_members') }} as is_small,
        month_status
    from judged
)

select * from rates
order by month_start, previous_state
