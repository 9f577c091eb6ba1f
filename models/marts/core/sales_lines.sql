{{ config(
    materialized='by_file',
    lines='stg_sales_lines',
    lists=[
        "select * from {{ ref('stg_retailer') }}",
        "select card_id, final_card_id from {{ ref('card_merges') }} where reason is null",
        "select day from {{ ref('int_far_days') }} where is_lone",
        "select * from {{ ref('currency_signs') }}",
    ],
    lists_by_file=["select source_file, row_no from {{ ref('int_lines_of_other_files') }}"],
    stale="""
        select built.source_file from {{ this }} as built
        left join {{ ref('member_rows') }} as members on built.card_id = members.card_id and members.reason is null
        where
            built.customer_type <> 'no_card'
            and (built.customer_type = 'member') <> (members.card_id is not null)
            and (select has_member_table from {{ ref('stg_retailer') }})
    """
) }}

with members as (
    select * from {{ ref('member_rows') }}
    where reason is null
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

currency_signs as (
    select * from {{ ref('currency_signs') }}
),

lines_of_other_files as (
    select * from {{ ref('int_lines_of_other_files') }}
),

lone_days as (
    select * from {{ ref('int_far_days') }}
    where is_lone
),

card_merges as (
    select * from {{ ref('card_merges') }}
),

lines_of_files as (
    select * from {{ ref('stg_sales_lines') }}
),

-- A sign of several currencies is that of the retailer's, or else of the usual one.
currencies as (
    select
        currency_signs.sign,
        coalesce(
            max(currency_signs.currency) filter (where currency_signs.currency = retailer.currency),
            max(currency_signs.currency) filter (where currency_signs.is_usual)
        ) as currency
    from currency_signs
    cross join retailer
    group by currency_signs.sign
),

-- Lines of files with discounts or refunds. Not of the CTE, which would be kept for both.
lines_with_discount as (
    select
        source_file,
        row_no,
        -- An order is a receipt of a till on a day here; a line without one is an order by itself.
        till_no,
        receipt_no,
        case when receipt_no is null then row_no end as row_without_receipt,
        {{ day_of_receipt('purchased_at') }} as day,
        amount,
        -- No more comes off a line than it came to.
        sign(amount) * least(abs(coalesce(line_discount, 0)), abs(amount)) as line_discount,
        abs(order_discount) as order_discount,
        abs(order_refund) as order_refund
    from {{ ref('stg_sales_lines') }}
    where
        source_file in (
            select source_file from {{ ref('stg_sales_lines') }}
            where line_discount <> 0 or order_discount <> 0 or order_refund <> 0
        )
),

-- What is known of a whole order stands on one of its lines or on all of them.
lines_of_orders as (
    select
        source_file,
        row_no,
        line_discount,
        greatest(amount - line_discount, 0) as amount,
        {% set whole_order = 'partition by source_file, till_no, receipt_no, row_without_receipt, day' -%}
        sum(greatest(amount - line_discount, 0)) over ({{ whole_order }}) as amount_of_order,
        sum(greatest(amount - line_discount, 0)) over ({{ whole_order }} order by row_no rows unbounded preceding)
            as amount_up_to_line,
        coalesce(max(order_discount) over ({{ whole_order }}), 0) as order_discount,
        coalesce(max(order_refund) over ({{ whole_order }}), 0) as order_refund
    from lines_with_discount
),

-- No more comes off an order than it came to.
limited as (
    select
        *,
        least(order_discount, amount_of_order) as discount_of_order,
        least(order_discount + order_refund, amount_of_order) - least(order_discount, amount_of_order)
            as refund_of_order
    from lines_of_orders
),

-- The parts of lines are differences of what has come off up to them, so that they sum up to the whole.
deductions as (
    select
        source_file,
        row_no,
        {%- for part in ['discount', 'refund'] %}
        {{ 'line_discount + ' if part == 'discount' }}cast(coalesce(
            round({{ part }}_of_order * cast(amount_up_to_line as double) / nullif(amount_of_order, 0), 6)
            - round({{ part }}_of_order * cast(amount_up_to_line - amount as double) / nullif(amount_of_order, 0), 6), 0
        ) as decimal(18, 6)) as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from limited
    where line_discount <> 0 or (amount > 0 and discount_of_order + refund_of_order > 0)
),

with_deductions as (
    select
        {{ all_but('lines_of_files', ['amount']) }},
        lines_of_files.amount - coalesce(deductions.discount, 0) - coalesce(deductions.refund, 0) as amount,
        deductions.discount,
        deductions.refund
    from lines_of_files
    left join deductions
        on lines_of_files.source_file = deductions.source_file and lines_of_files.row_no = deductions.row_no
),

sales_lines as (
    {{ by_final_card('with_deductions') }}
),

with_customer_type as (
    select
        sales_lines.*,
        case
            when sales_lines.card_id is null then 'no_card'
            when members.card_id is not null or not retailer.has_member_table then 'member'
            else 'unregistered_card'
        end as customer_type,
        retailer.has_overlapping_files and lines_of_other_files.other_file is not null as is_line_of_another_file,
        lone_days.day is not null as is_on_lone_day,
        -- By the amount rounded to cents or, where the setting says so, as it is. An unrecorded quantity says nothing.
        case
            when sales_lines.quantity < 0 or sales_lines.amount < 0 then 'return'
            when sales_lines.is_cancelled then 'cancelled'
            when
                sales_lines.quantity = 0
                or sales_lines.amount < {{ 0 if var('zero_amounts') == 'count' else 0.005 }} then 'not_positive'
        end as unsold_reason,
        retailer.require_points,
        retailer.order_is_receipt,
        retailer.has_quantity,
        -- What is neither a sign of the seed nor three letters says nothing.
        coalesce(
            currencies.currency, nullif({{ extracted('sales_lines.currency', '^[A-Z]{3}$') }}, '')
        ) as currency_of_line,
        retailer.currency as currency_of_retailer
    from sales_lines
    cross join retailer
    left join members on sales_lines.card_id = members.card_id
    left join currencies on sales_lines.currency = currencies.sign
    left join lines_of_other_files
        on
            sales_lines.source_file = lines_of_other_files.source_file
            and sales_lines.row_no = lines_of_other_files.row_no
    left join lone_days on cast(sales_lines.purchased_at as date) = lone_days.day
),

-- Without a code, a product or a counter is known by its name.
-- An order is a card at a moment, without a card a till and receipt at a moment; where the retailer file says so, a
-- receipt of a till on a day.
-- Of the reasons, the first that applies; a column that the retailer does not record rejects no line.
classified as (
    select
        source_file,
        row_no,
        line_no,
        case
            when purchased_at is null then null
            when order_is_receipt and receipt_no is not null
                then
                    coalesce(card_id, '') || '|' || coalesce(till_no, '') || '|' || receipt_no || '|'
                    || {{ day_of_receipt('purchased_at') }}
            when card_id is not null then card_id || '|' || purchased_at
            else '|' || coalesce(till_no, '') || '|' || coalesce(receipt_no, '') || '|' || purchased_at
        end as order_id,
        card_id,
        customer_type,
        purchased_at,
        coalesce(product_code, product_name) as product_code,
        product_name,
        quantity,
        unit_price,
        cast(amount as decimal(18, 6)) as amount,
        cast(discount as decimal(18, 6)) as discount,
        refund,
        points,
        till_no,
        receipt_no,
        coalesce(counter_code, counter_name) as counter_code,
        counter_name,
        currency_of_line as currency,
        is_cancelled,
        case
            when unreadable_reason is not null then 'unreadable'
            when is_line_of_another_file then 'line_of_another_file'
            when purchased_at is null and raw_purchased_at is null then 'no_moment'
            when purchased_at is null then 'bad_moment'
            when is_on_lone_day then 'lone_day'
            when
                amount is null
                or (has_quantity and quantity is null)
                {%- for column in ['points', 'line_discount', 'order_discount', 'order_refund'] %}
                or (raw_{{ column }} is not null and {{ column }} is null)
                {%- endfor %} then 'bad_number'
            when currency_of_line <> currency_of_retailer then 'other_currency'
            when card_id is null then 'no_card'
            when unsold_reason is not null then unsold_reason
            when require_points and coalesce(points, 0) <= 0 then 'no_points'
            when customer_type = 'unregistered_card' then 'unregistered_card'
        end as reason,
        coalesce(reason, 'unregistered_card') = 'unregistered_card'
        or (reason = 'no_card' and unsold_reason is null) as is_counted,
        {{ unread_values([
            'card_id', 'quantity', 'unit_price', 'amount', 'line_discount', 'order_discount', 'order_refund', 'points',
            'purchased_at',
        ]) }} as raw_text,
        merged_card_id
    from with_customer_type
)

select * from classified
