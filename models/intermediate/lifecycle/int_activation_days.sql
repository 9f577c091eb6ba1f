with visits as (
    select * from {{ ref('int_judged_visits') }}
    where is_buyer
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where customer_type = 'member'
),

orders as (
    select * from {{ ref('int_orders_as_of') }}
),

as_of_clock as (
    select max(recorded_days) as last_day from recorded_days
),

-- A member is inactive on the recorded days that begin after the registration and too long a silence, up to the day of
-- the next purchase.
silences as (
    select
        greatest(
            visits.recorded_days + visits.silent_after_days + 2, coalesce(registrations.recorded_days, 0) + 1
        ) as first_day,
        coalesce(visits.recorded_days + visits.days_to_next, as_of_clock.last_day) as last_day
    from visits
    cross join as_of_clock
    left join recorded_days as registrations on cast(visits.registered_at as date) = registrations.day
    where visits.silent_after_days is not null
),

spells as (
    select * from silences
    where first_day <= last_day
),

changes as (
    select
        first_day as recorded_days,
        1 as change
    from spells
    union all
    select
        last_day + 1 as recorded_days,
        -1 as change
    from spells
),

changes_by_day as (
    select
        recorded_days,
        sum(change) as change
    from changes
    group by recorded_days
),

buyers as (
    select
        visit_date as day,
        count(*) filter (where is_comeback and cast(registered_at as date) < visit_date) as activated_members,
        sum(orders) filter (where not is_comeback) as other_orders
    from visits
    group by visit_date
),

-- Lines of one order share their voucher: what counts is the order. Of returning members they are left out, so that the
-- choice of days does not favour them.
other_orders as (
    select
        visits.visit_date as day,
        max(cast(sold_lines.is_discounted as integer)) as is_discounted
    from sold_lines
    inner join orders on sold_lines.order_id = orders.order_id
    inner join visits on orders.card_id = visits.card_id and cast(orders.purchased_at as date) = visits.visit_date
    where not visits.is_comeback
    group by visits.visit_date, orders.order_id
),

bargains as (
    select
        day,
        count(is_discounted) as judged_orders,
        sum(is_discounted) as discounted_orders
    from other_orders
    group by day
),

activation as (
    select
        recorded_days.day,
        recorded_days.month_start,
        coalesce(buyers.other_orders, 0) as other_orders,
        bargains.judged_orders,
        bargains.discounted_orders,
        sum(coalesce(changes_by_day.change, 0)) over (order by recorded_days.day) as inactive_members,
        coalesce(buyers.activated_members, 0) as activated_members
    from recorded_days
    left join changes_by_day on recorded_days.recorded_days = changes_by_day.recorded_days
    left join buyers on recorded_days.day = buyers.day
    left join bargains on recorded_days.day = bargains.day
    where recorded_days.is_recorded
)

select * from activation
