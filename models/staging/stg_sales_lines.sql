{#- A number of 10^12 or more is none: sums of it would not find room. Six decimals of the file are kept; marts
    round its sums. -#}
{%- set exact = 'decimal(18, 6)' -%}
{%- set largest_points = 'decimal(14, 2)' -%}
with raw_sales_lines as (
    select * from {{ source('raw', 'sales_lines') }}
),

understood as (
    select
        *,
        coalesce(purchased_at_parsed, {{ to_moment('purchased_at') }}) as moment,
        {{ to_number('quantity', exact, 'decimal_mark') }} as quantity_number,
        {%- for column in ['unit_price', 'amount', 'line_discount', 'order_discount', 'order_refund'] %}
        {{ to_number(column, exact, 'decimal_mark') }} as {{ column }}_number{{ ',' if not loop.last }}
        {%- endfor %}
    from raw_sales_lines
),

cast_columns as (
    select
        source_file,
        row_no,
        line_no,
        {{ clean_key('card_id') }} as card_id,
        {{ clean_key('product_code') }} as product_code,
        nullif(trim(product_name), '') as product_name,
        {{ clean_key('till_no') }} as till_no,
        {{ clean_key('receipt_no') }} as receipt_no,
        {{ clean_key('counter_code') }} as counter_code,
        nullif(trim(counter_name), '') as counter_name,
        -- An amount or a price that ends with a digit and begins with one, a minus aside, has no sign of money.
        nullif(trim(trailing '.' from upper(coalesce(
            {{ clean_text('currency') }}
            {%- for column in ['amount', 'unit_price'] %},
            case
                when
                    ltrim({{ column }}, '-') < '0' or ltrim({{ column }}, '-') >= ':'
                    or right({{ column }}, 1) < '0' or right({{ column }}, 1) >= ':'
                    then nullif({{ extracted(column, money_sign()) }}, '')
            end
            {%- endfor %}
        ))), '') as currency,
        cast(quantity_number as decimal(18, 3)) as quantity,
        unit_price_number as unit_price,
        case
            when is_amount_product
                then try_cast(cast(quantity_number as decimal(38, 6)) * unit_price_number as {{ exact }})
            else amount_number
        end as amount,
        line_discount_number as line_discount,
        order_discount_number as order_discount,
        order_refund_number as order_refund,
        cast({{ to_number('points', largest_points, 'decimal_mark') }} as decimal(18, 2)) as points,
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
        line_discount as raw_line_discount,
        order_discount as raw_order_discount,
        order_refund as raw_order_refund,
        points as raw_points,
        purchased_at as raw_purchased_at,
        unreadable_text,
        unreadable_reason
    from understood
)

select * from cast_columns
