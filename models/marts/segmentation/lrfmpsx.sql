with bought as (
    select * from {{ ref('int_bought_so_far') }}
    where next_month_start is null and is_buyer
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

orders as (
    select * from {{ ref('int_orders_as_of') }}
),

day_parts as (
    select * from {{ ref('day_parts') }}
),

members as (
    select * from {{ ref('members') }}
),

genders as (
    select * from {{ ref('genders') }}
),

days as (
    select
        bought.*,
        {{ whole_days_between('bought.registered_at', 'as_of.as_of') }} as days_since_registration,
        {{ whole_days_between('bought.last_purchased_at', 'as_of.as_of') }} as days_since_last_purchase
    from bought
    cross join as_of
),

lines_by_day_part as (
    select
        orders.card_id,
        day_parts.day_part,
        day_parts.from_hour,
        sum(orders.lines) as lines
    from orders
    inner join day_parts
        on
            orders.hour >= day_parts.from_hour
            and orders.hour < day_parts.to_hour
    group by orders.card_id, day_parts.day_part, day_parts.from_hour
),

-- Most lines wins; of equals, the earlier part of the day.
preferred as (
    select
        card_id,
        day_part
    from lines_by_day_part
    qualify row_number() over (partition by card_id order by lines desc, from_hour) = 1
),

features as (
    select
        days.card_id,
        {{ months_of_days('days.days_since_registration') }} as l,
        {{ months_of_days('days.days_since_last_purchase') }} as r,
        days.f,
        days.m,
        days.p,
        day_parts.day_part as s,
        day_parts.name_zh as s_name_zh,
        day_parts.name_en as s_name_en,
        members.gender as x,
        genders.name_zh as x_name_zh,
        genders.name_en as x_name_en,
        days.days_since_registration,
        days.days_since_last_purchase
    from days
    inner join members on days.card_id = members.card_id
    left join preferred on days.card_id = preferred.card_id
    left join day_parts on preferred.day_part = day_parts.day_part
    left join genders on members.gender = genders.gender
)

select * from features
order by card_id
