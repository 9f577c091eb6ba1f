-- What do women born in the 1980s buy in their next order after a product? One row per product and next product.
with numbered as (
    select order_id, card_id, row_number() over (partition by card_id order by purchased_at, order_id) as order_no
    from {{ ref('orders') }} where customer_type = 'member'
), bought as (
    select distinct numbered.card_id, order_no,
        products.product_code as code, coalesce(products.product_name, products.product_code) as name
    from numbered inner join {{ ref('vip_info') }} as lines on numbered.order_id = lines.order_id
    inner join {{ ref('products') }} as products on lines.product_code = products.product_code
    inner join {{ ref('members') }} as members on numbered.card_id = members.card_id
    where members.gender = 'female' and not members.is_gender_filled and members.birth_decade = 1980
)
select bought.name as product_name, next.name as next_product_name, count(distinct bought.card_id) as members
from bought inner join bought as next on bought.card_id = next.card_id and bought.order_no + 1 = next.order_no
group by bought.code, bought.name, next.code, next.name order by members desc, bought.code, next.code
