with retailer as (
    select * from {{ ref('raw_retailer') }}
),

sales_lines as (
    select * from {{ ref('int_sales_lines_classified') }}
    where reason is null
),

last_sale as (
    select max(purchased_at) as purchased_at from sales_lines
),

as_of as (
    select
        cast(coalesce(
            try_cast('{{ var("as_of") }}' as date),
            retailer.as_of,
            cast(last_sale.purchased_at as date) + 1
        ) as timestamp) as as_of
    from retailer
    cross join last_sale
)

select * from as_of
