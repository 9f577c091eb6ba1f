with members as (
    select * from {{ ref('members') }}
),

purchase_days as (
    select * from {{ ref('int_purchase_days') }}
    where purchase_no = 1
),

month_ends as (
    select * from {{ ref('int_month_ends') }}
),

-- The first month end that a member reaches registered, and the first that the member reaches as a buyer too.
entries as (
    select
        cast(members.registered_at as date) as entered_on,
        1 as change
    from members
    union all
    select
        greatest(cast(members.registered_at as date), purchase_days.purchased_on) as entered_on,
        -1 as change
    from members
    inner join purchase_days on members.card_id = purchase_days.card_id
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
        month_ends.month_start,
        cast(coalesce(sum(changes.change), 0) as bigint) as members
    from month_ends
    left join changes on changes.entered_on < cast(month_ends.month_end as date)
    group by month_ends.month_start
)

select * from never_bought
