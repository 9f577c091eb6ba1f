-- Which cards that are on no member list would be valuable members? One row per card, the highest amount first.
select
    card_id,
    count(*) as orders,
    round(sum(amount), 2) as amount,
    cast(max(purchased_at) as date) as last_purchase
from {{ ref('orders') }} as orders
anti join {{ ref('member_rows') }} as listed on orders.card_id = listed.card_id
where customer_type = 'unregistered_card'
group by card_id
having count(*) > 1
order by amount desc, card_id
