with visits as (
    select * from {{ ref('int_judged_visits') }}
),

bought as (
    select * from {{ ref('int_bought_so_far') }}
    where is_buyer
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

first_month as (
    select min(month_start) as month_start from clock
),

-- Who bought before the window had a state before its first month too.
month_ends as (
    select
        month_start,
        month_end,
        recorded_days
    from clock
    union all
    select
        cast(first_month.month_start - interval 1 month as date) as month_start,
        first_month.month_start as month_end,
        recorded_days.recorded_days
    from first_month
    inner join recorded_days on cast(first_month.month_start - interval 1 day as date) = recorded_days.day
),

-- The latest visit before each month end at which the member was registered and a buyer.
latest as (
    select
        visits.*,
        month_ends.month_start,
        month_ends.recorded_days - visits.recorded_days as silent_days
    from visits
    inner join month_ends
        on
            visits.visit_date < month_ends.month_end
            and coalesce(visits.next_visit_date, date '9999-12-31') >= month_ends.month_end
    inner join bought
        on
            visits.card_id = bought.card_id
            and bought.month_start <= month_ends.month_start
            and coalesce(bought.next_month_start, date '9999-12-31') > month_ends.month_start
    where visits.registered_at < month_ends.month_end
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

-- A member who was no buyer at the end of the month before leaves "never bought".
with_previous as (
    select
        card_id,
        month_start,
        state,
        case
            when lag(month_start) over months_of_member = cast(month_start - interval 1 month as date)
                then lag(state) over months_of_member
            when registered_at < month_start then 'never_bought'
        end as previous_state,
        visits,
        silent_days,
        has_bought
    from states
    window months_of_member as (partition by card_id order by month_start)
),

within_the_window as (
    select with_previous.*
    from with_previous
    inner join first_month on with_previous.month_start >= first_month.month_start
)

select * from within_the_window
order by card_id, month_start
