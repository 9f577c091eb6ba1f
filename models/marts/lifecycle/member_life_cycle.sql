with members as (
    select * from {{ ref('members') }}
    where is_known_as_of
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

months as (
    select * from {{ ref('member_life_cycle_months') }}
),

last_visits as (
    select * from {{ ref('int_judged_visits') }}
    where next_visit_date is null
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

last_month as (
    select max(month_start) as month_start
    from clock
),

current_states as (
    select months.*
    from months
    inner join last_month on months.month_start = last_month.month_start
),

month_before as (
    select months.*
    from months
    inner join last_month on months.month_start = last_month.month_start - interval 1 month
),

-- Buyers have months; a member without one has never bought or has brought everything back. Without a time of
-- registration, never having bought is the state of the month before too.
known as (
    select
        members.card_id,
        cast(as_of.as_of as date) as as_of,
        coalesce(current_states.state, 'never_bought') as state,
        coalesce(
            current_states.previous_state,
            month_before.state,
            case when coalesce(members.registered_at < last_month.month_start, true) then 'never_bought' end
        ) as previous_state,
        last_visits.frequency_band,
        coalesce(current_states.visits, 0) as visits,
        current_states.silent_days,
        last_visits.visit_date as last_visit_date
    from members
    cross join as_of
    cross join last_month
    left join current_states on members.card_id = current_states.card_id
    left join month_before on members.card_id = month_before.card_id
    left join last_visits on current_states.card_id = last_visits.card_id
),

labelled as (
    select
        known.*,
        states.name_zh as state_name_zh,
        states.name_en as state_name_en
    from known
    inner join states on known.state = states.state
)

select * from labelled
order by card_id
