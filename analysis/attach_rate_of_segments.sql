-- How much is in an order of each segment, and how many members shop at several counters? One row per segment, and all.
select
    name_en,
    orders,
    round(attach_rate, 2) as pieces_per_order,
    round(lines_per_order, 2) as lines_per_order,
    round(100 * several_counters_share, 1) as percent_of_orders_across_counters,
    round(100 * several_counters_members_share, 1) as percent_of_members_across_counters
from {{ ref('basket_attach_rates') }}
where scope <> 'counter'
order by scope, code
