-- Which goods bring most with members, and how much of it comes from those who buy them again? One row per product.
with buyers as (
    select product_code, card_id, count(distinct order_id) as orders, sum(amount) as amount
    from {{ ref('vip_info') }}
    group by product_code, card_id
)

select products.product_code, products.product_name, sum(buyers.amount) as amount, count(*) as buyers,
    round(100 * coalesce(sum(amount) filter (where orders > 1), 0) / nullif(sum(amount), 0), 1)
        as percent_of_repeat_buyers
from buyers
inner join {{ ref('products') }} as products on buyers.product_code = products.product_code
group by products.product_code, products.product_name
order by sum(buyers.amount) desc, products.product_code
