{{ config(materialized='view') }}

with visits as (
    select * from {{ ref('int_visits') }}
),

month_ends as (
    select * from {{ ref('int_month_ends') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

clock as (
    select
        month_ends.month_start,
        cast(month_ends.month_end as date) as month_end,
        recorded_days.recorded_days
    from month_ends
    inner join recorded_days on cast(month_ends.month_end as date) - 1 = recorded_days.day
),

-- The latest purchase day before each month end, from the month of the first purchase on.
latest as (
    select
        visits.*,
        clock.month_start,
        clock.recorded_days - visits.recorded_days as silent_days
    from visits
    inner join clock
        on
            visits.purchased_on < clock.month_end
            and coalesce(visits.next_purchased_on, date '9999-12-31') >= clock.month_end
),

states as (
    select
        card_id,
        registered_at,
        month_start,
        purchase_no as purchase_days,
        silent_days,
        purchased_on >= month_start as has_bought,
        case
            when silent_days > lost_after_days then 'lost'
            when silent_days > silent_after_days then 'silent'
            when silent_days > slowing_after_days then 'slowing'
            when is_return then 'returned'
            when purchase_no = 1 then 'new'
            else 'active'
        end as state
    from latest
)

select * from states
