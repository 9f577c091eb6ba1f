-- How do the genders and age bands of members differ? One row per group.
select
    dimension,
    name_en,
    members,
    round(100 * buyer_share, 1) as percent_who_bought,
    round(amount_per_buyer, 2) as amount_per_buyer,
    round(orders_per_buyer, 2) as orders_per_buyer,
    round(100 * below_price_share, 1) as percent_of_lines_below_price
from {{ ref('member_group_comparison') }}
order by dimension, amount_per_buyer desc, group_code
