with raw_sales_lines as (
    select * from {{ ref('raw_sales_lines') }}
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
        {{ to_number('amount', 'decimal(18, 2)') }} as amount,
        {{ to_number('points', 'decimal(18, 2)') }} as points,
        purchased_at is not null as has_moment_text,
        quantity is not null as has_quantity_text,
        points is not null as has_points_text,
        unreadable_reason is not null as is_unreadable,
        {{ to_moment('purchased_at') }} as purchased_at
    from raw_sales_lines
)

select * from cast_columns
