with retailer as (
    select * from {{ ref('stg_retailer') }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

lines_by_reason as (
    select
        reason,
        count(*) as lines
    from sales_lines
    where reason is not null
    group by reason
),

rejected as (
    select coalesce(string_agg(reason || ' ' || lines, ', ' order by lines desc, reason), 'there are none') as reasons
    from lines_by_reason
),

sales as (
    select
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at,
        coalesce(bool_or(cast(purchased_at as time) <> time '00:00:00'), false) as has_times
    from sales_lines
    where reason is null
),

as_of as (
    select
        cast(coalesce(
            try_cast('{{ var("as_of") }}' as date),
            retailer.as_of,
            cast(sales.last_purchased_at as date) + 1
        ) as timestamp) as as_of,
        sales.first_purchased_at,
        sales.has_times,
        rejected.reasons,
        retailer.retailer
    from retailer
    cross join sales
    cross join rejected
),

checked as (
    select
        case
            when first_purchased_at is null
                then error(
                    'No line of the sales files is a purchase of a registered member; the lines by reason: ' || reasons
                    || '.'
                )
            when as_of <= first_purchased_at
                then error(
                    'as_of ' || cast(as_of as date) || ' is not after the first sale, ' || first_purchased_at
                    || ': no purchase would count; give a later as_of, or none.'
                )
            else as_of
        end as as_of,
        has_times,
        retailer
    from as_of
)

select * from checked
