with raw_sales_lines as (
    select * from {{ ref('raw_sales_lines') }}
),

retailer as (
    select * from {{ ref('raw_retailer') }}
),

decimal_points as (
    select
        raw_sales_lines.* exclude (quantity, unit_price, amount, points),
        {{ decimal_point('quantity', 'retailer.decimal_mark') }} as quantity,
        {{ decimal_point('unit_price', 'retailer.decimal_mark') }} as unit_price,
        {{ decimal_point('amount', 'retailer.decimal_mark') }} as amount,
        {{ decimal_point('points', 'retailer.decimal_mark') }} as points,
        retailer.is_amount_product
    from raw_sales_lines
    cross join retailer
),

cast_columns as (
    select
        row_no,
        {{ clean_text('card_id') }} as card_id,
        {{ clean_text('product_code') }} as product_code,
        trim(product_name) as product_name,
        {{ clean_text('till_no') }} as till_no,
        {{ clean_text('receipt_no') }} as receipt_no,
        {{ clean_text('counter_code') }} as counter_code,
        trim(counter_name) as counter_name,
        {{ to_number('quantity', 'decimal(18, 3)') }} as quantity,
        {{ to_number('unit_price', 'decimal(18, 2)') }} as unit_price,
        case
            when is_amount_product
                then cast(
                    {{ to_number('quantity', 'decimal(18, 3)') }} * {{ to_number('unit_price', 'decimal(18, 6)') }}
                    as decimal(18, 2)
                )
            else {{ to_number('amount', 'decimal(18, 2)') }}
        end as amount,
        {{ to_number('points', 'decimal(18, 2)') }} as points,
        purchased_at is not null as has_moment_text,
        quantity is not null as has_quantity_text,
        points is not null as has_points_text,
        unreadable_reason is not null as is_unreadable,
        is_cancelled,
        coalesce(purchased_at_parsed, {{ to_moment('purchased_at') }}) as purchased_at
    from decimal_points
)

select * from cast_columns
