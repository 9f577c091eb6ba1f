with moves as (
    select * from {{ ref('int_life_cycle_moves') }}
    where state <> 'never_bought'
),

never_bought as (
    select * from {{ ref('int_never_bought_by_month') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

thresholds as (
    select * from {{ ref('life_cycle_thresholds') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

-- No member can have been silent for longer than the data reach back.
longest_wait as (
    select max(silent_after_days) as days
    from thresholds
),

counts as (
    select
        month_start,
        state,
        cast(sum(members) as bigint) as members
    from moves
    group by month_start, state
    union all
    select
        month_start,
        'never_bought' as state,
        members
    from never_bought
),

by_month as (
    select
        clock.month_start,
        states.state,
        coalesce(counts.members, 0) as members,
        coalesce(counts.members, 0) / nullif(sum(counts.members) over (partition by clock.month_start), 0)
            as member_share,
        clock.month_status,
        coalesce(clock.recorded_days > longest_wait.days, false) as is_settled
    from clock
    cross join states
    cross join longest_wait
    left join counts on clock.month_start = counts.month_start and states.state = counts.state
)

select * from by_month
order by month_start, state
