-- Of 100 members in a state, how many are in which state a month later? One row per state before.
pivot (
    select previous_state, state, round(100 * share, 1) as percent
    from (
        select previous_state, state, sum(members) / sum(sum(members)) over (partition by previous_state) as share
        from {{ ref('life_cycle_transitions') }}
        where month_status = 'complete' and not is_small
            and month_start >= (select min(month_start) from {{ ref('life_cycle_by_month') }} where is_settled)
        group by previous_state, state
    )
) on state using first(percent)
order by previous_state
