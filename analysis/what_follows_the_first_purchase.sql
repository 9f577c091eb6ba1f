-- Which counter do members come back to after their first order? One row per first and next counter.
select
    coalesce(item_name, item_code) as first_counter,
    coalesce(next_item_name, next_item_code) as next_counter,
    recorded_members as members_with_a_next_counter,
    round(100 * share, 1) as percent_of_these,
    round(100 * usual_share, 1) as percent_of_second_orders_then,
    median_days_between,
    is_above_chance
from {{ ref('next_purchases') }}
where level = 'counter'
order by members desc, item_code, next_rank
