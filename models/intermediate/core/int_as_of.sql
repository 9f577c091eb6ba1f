with retailer as (
    select * from {{ ref('stg_retailer') }}
),

orders as (
    select * from {{ ref('orders') }}
    where customer_type = 'member'
),

sales as (
    select
        min(purchased_at) as first_purchased_at,
        cast(max(purchased_at) as date) + 1 as day_after,
        coalesce(bool_or(purchased_at <> cast(purchased_at as date)), false) as has_times
    from orders
),

as_of as (
    select
        cast(coalesce(
            try_cast('{{ var("as_of") }}' as date),
            case when '{{ var("as_of") }}' = 'start_of_month' then date_trunc('month', sales.day_after) end,
            retailer.as_of,
            sales.day_after
        ) as timestamp) as as_of,
        sales.first_purchased_at,
        sales.has_times,
        retailer.retailer
    from retailer
    cross join sales
),

checked as (
    select
        case
            when as_of <= first_purchased_at
                then {{ fail_with(
                    "'as_of ' || cast(as_of as date) || ' is not after the first sale, ' || first_purchased_at
                    || ': no purchase would count; give a later as_of, or none.'"
                ) }}
            else as_of
        end as as_of,
        has_times,
        retailer
    from as_of
)

select * from checked
