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

-- The first month end that a member reaches registered, and the first that the member reaches as a buyer too.
entries as (
    select
        cast(members.registered_at as date) as entered_on,
        1 as change
    from members
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
