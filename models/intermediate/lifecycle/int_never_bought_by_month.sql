with members as (
    select * from {{ ref('members') }}
),

first_purchases as (
    select * from {{ ref('int_visits') }}
    where visit_no = 1
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

last_month as (
    select max(month_end) as month_end from clock
),

-- The first month end that a member reaches registered, and the first that the member reaches as a buyer too. Who never
-- bought and has no time of registration is known at the last month's end only.
entries as (
    select
        coalesce(cast(members.registered_at as date), last_month.month_end - 1) as entered_on,
        1 as change
    from members
    cross join last_month
    union all
    select
        greatest(cast(members.registered_at as date), first_purchases.visit_date) as entered_on,
        -1 as change
    from members
    inner join first_purchases on members.card_id = first_purchases.card_id
),

changes as (
    select
        entered_on,
        sum(change) as change
    from entries
    group by entered_on
),

never_bought as (
    select
        clock.month_start,
        cast(coalesce(sum(changes.change), 0) as bigint) as members
    from clock
    left join changes on changes.entered_on < clock.month_end
    group by clock.month_start
)

select * from never_bought
