with members as (
    select * from {{ ref('members') }}
),

moves as (
    select * from {{ ref('int_life_cycle_moves') }}
    where state <> 'never_bought'
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

last_month as (
    select max(month_end) as month_end from clock
),

-- Who has no time of registration is known at the last month's end only.
registrations as (
    select
        coalesce(cast(members.registered_at as date), last_month.month_end - 1) as registered_on,
        count(*) as members
    from members
    cross join last_month
    group by coalesce(cast(members.registered_at as date), last_month.month_end - 1)
),

known as (
    select
        clock.month_start,
        coalesce(sum(registrations.members), 0) as members
    from clock
    left join registrations on clock.month_end > registrations.registered_on
    group by clock.month_start
),

buyers as (
    select
        month_start,
        sum(members) as members
    from moves
    group by month_start
),

never_bought as (
    select
        known.month_start,
        cast(known.members - coalesce(buyers.members, 0) as bigint) as members
    from known
    left join buyers on known.month_start = buyers.month_start
)

select * from never_bought
