with moves as (
    select * from {{ ref('int_life_cycle_moves') }}
),

never_bought as (
    select * from {{ ref('int_never_bought_by_month') }}
),

month_ends as (
    select * from {{ ref('int_month_ends') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

-- No member can have been silent for longer than the data reach back.
longest_wait as (
    select max(silent_after_days) as days from {{ ref('int_life_cycle_thresholds') }}
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
        month_ends.month_start,
        states.state,
        states.sort_order,
        coalesce(counts.members, 0) as members,
        coalesce(coverage.status, 'missing') as month_status,
        coalesce(recorded_days.recorded_days > longest_wait.days, false) as is_settled
    from month_ends
    cross join states
    cross join longest_wait
    inner join recorded_days on cast(month_ends.month_end as date) - 1 = recorded_days.day
    left join coverage on month_ends.month_start = coverage.month_start
    left join counts on month_ends.month_start = counts.month_start and states.state = counts.state
)

select
    month_start,
    state,
    members,
    members / nullif(sum(members) over (partition by month_start), 0) as member_share,
    month_status,
    is_settled
from by_month
order by month_start, sort_order
