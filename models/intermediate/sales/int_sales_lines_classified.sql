with sales_lines as (
    select * from {{ ref('stg_sales_lines') }}
),

members as (
    select * from {{ ref('int_members_classified') }}
    where reason is null
),

retailer as (
    select * from {{ ref('raw_retailer') }}
),

-- A column that the retailer does not record rejects no line.
recorded as (
    select
        bool_or(column_name = 'quantity' and raw_column_name is not null) as has_quantity,
        bool_or(column_name = 'points' and raw_column_name is not null) as has_points
    from {{ ref('raw_columns') }}
    where table_name = 'sales_lines'
),

typed as (
    select
        sales_lines.* exclude (purchased_at),
        case when {{ is_plausible('sales_lines.purchased_at') }} then sales_lines.purchased_at end as purchased_at,
        case
            when sales_lines.card_id is null then 'no_card'
            when members.card_id is not null or not retailer.has_member_table then 'member'
            else 'unregistered_card'
        end as customer_type,
        retailer.require_points and recorded.has_points as requires_points,
        recorded.has_quantity
    from sales_lines
    cross join retailer
    cross join recorded
    left join members on sales_lines.card_id = members.card_id
),

classified as (
    select
        row_no,
        card_id,
        product_code,
        product_name,
        till_no,
        receipt_no,
        counter_code,
        counter_name,
        customer_type,
        quantity,
        unit_price,
        amount,
        points,
        purchased_at,
        is_cancelled,
        case
            when is_unreadable then 'unreadable'
            when purchased_at is null and not has_moment_text then 'no_moment'
            when purchased_at is null then 'bad_moment'
            when
                amount is null
                or (has_quantity and quantity is null)
                or (has_points_text and points is null) then 'bad_number'
            when card_id is null then 'no_card'
            when coalesce(quantity, amount) < 0 then 'return'
            when is_cancelled then 'cancelled'
            when quantity = 0 or amount <= 0 then 'not_positive'
            when requires_points and coalesce(points, 0) <= 0 then 'no_points'
            when customer_type = 'unregistered_card' then 'unregistered_card'
        end as reason
    from typed
)

select * from classified
