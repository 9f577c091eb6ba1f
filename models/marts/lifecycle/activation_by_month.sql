with months as (
    select * from {{ ref('int_life_cycle_months') }}
),

coverage as (
    select * from {{ ref('int_month_coverage') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
    where is_inactive
),

counts as (
    select
        months.month_start,
        months.previous_state as state_before,
        count(*) as inactive_members,
        count(*) filter (where months.has_bought) as activated_members
    from months
    inner join states on months.previous_state = states.state
    group by months.month_start, months.previous_state
)

select
    counts.month_start,
    counts.state_before,
    counts.inactive_members,
    counts.activated_members,
    counts.activated_members / counts.inactive_members as activation_rate,
    {{ wilson_bound('counts.activated_members', 'counts.inactive_members', '-') }} as activation_rate_low,
    {{ wilson_bound('counts.activated_members', 'counts.inactive_members', '+') }} as activation_rate_high,
    coalesce(coverage.status, 'missing') as month_status
from counts
left join coverage on counts.month_start = coverage.month_start
order by counts.month_start, counts.state_before
