-- Which weekdays and parts of the month differ in members' orders beyond chance? One row per effect.
select
    effect,
    name_en,
    observations,
    round(relative_orders, 2) as against_usual,
    round(lower_bound, 2) as at_least,
    round(upper_bound, 2) as at_most
from {{ ref('calendar_effects') }}
where is_beyond_chance
order by against_usual desc, effect, position
