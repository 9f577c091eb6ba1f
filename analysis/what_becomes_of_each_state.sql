-- Of 100 members in a state, how many are in which state a month later? One row per state before.
pivot (
    select
        state_before,
        state,
        round(100 * members / sum(members) over (partition by state_before), 1) as percent
    from (
        select
            state_before,
            state,
            sum(members) as members
        from {{ ref('life_cycle_transitions') }}
        where month_status = 'complete'
        group by state_before, state
    )
) on state using first(percent)
order by state_before
