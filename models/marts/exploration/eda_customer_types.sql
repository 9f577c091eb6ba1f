with comparison as (
    select * from {{ ref('customer_type_comparison') }}
),

customer_types as (
    select
        customer_type,
        lines,
        orders,
        amount
    from comparison
)

select * from customer_types
