-- Which unregistered cards would be valuable members? One row per card, the highest amount first.
select
    card_id,
    count(*) as orders,
    round(sum(amount), 2) as amount,
    cast(max(purchased_at) as date) as last_purchase
from {{ ref('orders') }}
where customer_type = 'unregistered_card'
group by card_id
having count(*) > 1
order by amount desc, card_id
