with months as (
    select * from {{ ref('int_life_cycle_months') }}
),

with_previous as (
    select
        *,
        lag(state) over (partition by card_id order by month_start) as previous_state
    from months
),

-- A first purchase leaves "never bought", if the member was registered before the month.
moves as (
    select
        month_start,
        case
            when previous_state is not null then previous_state
            when registered_at < month_start then 'never_bought'
        end as state_before,
        state,
        has_bought,
        count(*) as members
    from with_previous
    group by all
)

select * from moves
