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

registrations as (
    select
        cast(registered_at as date) as registration_date,
        count(*) as members
    from members
    group by cast(registered_at as date)
),

-- Since when somebody without a time of registration is a member nobody knows: in every month, so that no month differs
-- from the one before by them.
known as (
    select
        clock.month_start,
        coalesce(sum(registrations.members), 0) as members
    from clock
    left join registrations on coalesce(clock.month_end > registrations.registration_date, true)
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
