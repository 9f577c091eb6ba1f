with visits as (
    select * from {{ ref('int_judged_visits') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

-- The latest visit before each month end, from the month of the first purchase on.
latest as (
    select
        visits.*,
        clock.month_start,
        clock.recorded_days - visits.recorded_days as silent_days
    from visits
    inner join clock
        on
            visits.visit_date < clock.month_end
            and coalesce(visits.next_visit_date, date '9999-12-31') >= clock.month_end
),

states as (
    select
        card_id,
        registered_at,
        month_start,
        visit_no as visits,
        silent_days,
        visit_date >= month_start as has_bought,
        case
            when silent_days > lost_after_days then 'lost'
            when silent_days > silent_after_days then 'silent'
            when silent_days > slowing_after_days then 'slowing'
            when is_comeback then 'returned'
            when visit_no = 1 then 'new'
            else 'active'
        end as state
    from latest
),

-- A first purchase leaves "never bought", if the member was registered before the month.
with_previous as (
    select
        card_id,
        month_start,
        state,
        coalesce(
            lag(state) over (partition by card_id order by month_start),
            case when registered_at < month_start then 'never_bought' end
        ) as previous_state,
        visits,
        silent_days,
        has_bought
    from states
)

select * from with_previous
order by card_id, month_start
