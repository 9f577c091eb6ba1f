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
),

-- A month that is missing in the data says nothing about activation.
judged as (
    select
        counts.*,
        coalesce(coverage.status, 'missing') as month_status,
        case when month_status <> 'missing' then counts.activated_members end as known_activations
    from counts
    left join coverage on counts.month_start = coverage.month_start
)

select
    month_start,
    state_before,
    inactive_members,
    activated_members,
    known_activations / inactive_members as activation_rate,
    {{ wilson_bound('known_activations', 'inactive_members', '-') }} as activation_rate_low,
    {{ wilson_bound('known_activations', 'inactive_members', '+') }} as activation_rate_high,
    month_status
from judged
order by month_start, state_before
