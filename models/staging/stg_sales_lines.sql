with raw_sales_lines as (
    select * from {{ source('raw', 'sales_lines') }}
),

understood as (
    select
        *,
        {{ decimal_point('quantity', 'decimal_mark') }} as quantity_text,
        {{ decimal_point('unit_price', 'decimal_mark') }} as unit_price_text,
        {{ decimal_point('amount', 'decimal_mark') }} as amount_text,
        {{ decimal_point('points', 'decimal_mark') }} as points_text,
        coalesce(purchased_at_parsed, {{ to_moment('purchased_at') }}) as moment
    from raw_sales_lines
),

cast_columns as (
    select
        source_file,
        row_no,
        line_no,
        {{ clean_text('card_id') }} as card_id,
        {{ clean_text('product_code') }} as product_code,
        trim(product_name) as product_name,
        {{ clean_text('till_no') }} as till_no,
        {{ clean_text('receipt_no') }} as receipt_no,
        {{ clean_text('counter_code') }} as counter_code,
        trim(counter_name) as counter_name,
        {{ to_number('quantity_text', 'decimal(18, 3)') }} as quantity,
        {{ to_number('unit_price_text', 'decimal(18, 2)') }} as unit_price,
        case
            when is_amount_product
                then cast(
                    {{ to_number('quantity_text', 'decimal(18, 3)') }}
                    * {{ to_number('unit_price_text', 'decimal(18, 6)') }}
                    as decimal(18, 2)
                )
            else {{ to_number('amount_text', 'decimal(18, 2)') }}
        end as amount,
        {{ to_number('points_text', 'decimal(18, 2)') }} as points,
        {{ plausible('moment') }} as purchased_at,
        is_cancelled,
        card_id as raw_card_id,
        product_code as raw_product_code,
        till_no as raw_till_no,
        receipt_no as raw_receipt_no,
        counter_code as raw_counter_code,
        quantity as raw_quantity,
        unit_price as raw_unit_price,
        amount as raw_amount,
        points as raw_points,
        purchased_at as raw_purchased_at,
        unreadable_text,
        unreadable_reason
    from understood
)

select * from cast_columns
