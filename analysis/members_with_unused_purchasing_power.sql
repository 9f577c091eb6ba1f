-- Which members buy dear goods, mostly at full price, but come rarely? One row per member, high mean orders first.
select
    card_id,
    round(score, 1) as purchasing_power,
    orders,
    round(amount_per_order, 2) as amount_per_order,
    round(100 * high_price_share, 1) as percent_of_high_price_goods,
    days_since_last_purchase
from {{ ref('member_purchasing_power') }}
where amount_per_order_score >= 80 and high_price_share_score >= 60 and orders_score <= 50
    and coalesce(discounted_share, 0) < 0.5
order by amount_per_order desc, card_id
