-- The lines are read twice: a CTE of them would be kept.
with named_items as (
    select
        'product' as level,
        product_code as item_code,
        product_name as item_name,
        count(*) as lines
    from {{ ref('int_sold_lines') }}
    where product_code is not null
    group by product_code, product_name
    union all
    select
        'counter' as level,
        counter_code as item_code,
        counter_name as item_name,
        count(*) as lines
    from {{ ref('int_sold_lines') }}
    where counter_code is not null
    group by counter_code, counter_name
),

-- What has several names is known by the one on most lines; of equals, by the first as text.
items as (
    select
        level,
        item_code,
        item_name
    from named_items
    qualify row_number() over (
        partition by level, item_code order by item_name is null, lines desc, item_name
    ) = 1
),

-- A small number stands for a product or a counter where many are compared.
numbered as (
    select
        *,
        cast(row_number() over (order by level, item_code) as integer) as item_no
    from items
)

select * from numbered
