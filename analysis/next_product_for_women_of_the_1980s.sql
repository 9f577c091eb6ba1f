-- What do women born in the 1980s buy in their next order after a product? One row per product and next product.
with bought as (
    select distinct
        lines.card_id,
        lines.product_name,
        dense_rank() over (partition by lines.card_id order by lines.purchased_at) as order_no
    from {{ ref('vip_info') }} as lines
    inner join {{ ref('members') }} as members on lines.card_id = members.card_id
    where members.gender = 'female' and not members.is_gender_filled and members.birth_decade = 1980
)

select bought.product_name, next.product_name as next_product_name, count(distinct bought.card_id) as members
from bought inner join bought as next on bought.card_id = next.card_id and bought.order_no + 1 = next.order_no
group by bought.product_name, next.product_name
order by members desc, bought.product_name, next_product_name
