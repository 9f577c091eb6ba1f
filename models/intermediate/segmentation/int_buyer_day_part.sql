with orders as (
    select * from {{ ref('int_orders_as_of') }}
),

day_parts as (
    select * from {{ ref('day_parts') }}
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

labelled as (
    select
        preferred.card_id,
        preferred.day_part,
        day_parts.name_zh as day_part_name_zh,
        day_parts.name_en as day_part_name_en
    from preferred
    inner join day_parts on preferred.day_part = day_parts.day_part
)

select * from labelled
