with items as (
    select * from {{ ref('int_items') }}
    where level = 'product'
),

products as (
    select
        item_code as product_code,
        item_name as product_name
    from items
)

select * from products
order by product_code
