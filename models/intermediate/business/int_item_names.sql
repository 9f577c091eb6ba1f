with sold_lines as (
    select * from {{ ref('int_sold_lines') }}
),

named_items as (
    select
        'product' as level,
        product_code as item_code,
        product_name as item_name,
        count(*) as lines
    from sold_lines
    where product_name is not null
    group by product_code, product_name
    union all
    select
        'counter' as level,
        counter_code as item_code,
        counter_name as item_name,
        count(*) as lines
    from sold_lines
    where counter_name is not null
    group by counter_code, counter_name
),

-- What has several names is known by the one on most lines; of equals, by the first as text.
usual_names as (
    select
        level,
        item_code,
        item_name
    from named_items
    qualify row_number() over (partition by level, item_code order by lines desc, item_name) = 1
)

select * from usual_names
