with far_days as (
    select * from {{ ref('int_far_days') }}
    where not is_lone
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

thresholds as (
    select * from {{ ref('life_cycle_thresholds') }}
    where frequency_band = 'all'
),

member_returns as (
    select * from {{ ref('member_returns') }}
    where is_of_counted_purchase
),

orders as (
    select * from {{ ref('int_orders_as_of') }}
),

members as (
    select * from {{ ref('members') }}
),

members_without_time as (
    select * from {{ ref('member_rows') }}
    where reason in ('no_registration_time', 'bad_registration_time')
),

list_reasons as (
    select * from {{ ref('list_reasons') }}
),

card_merges as (
    select * from {{ ref('card_merges') }}
),

segment_overrides as (
    select * from {{ ref('segment_overrides') }}
),

input_files as (
    select * from {{ ref('input_files') }}
),

texts as (
    select * from {{ ref('finding_texts') }}
),

sizes_of_files as (
    select
        table_name,
        raw_rows,
        raw_rows = max(raw_rows) over (partition by table_name) as is_largest
    from input_files
    where not is_joined
),

-- The lines are read apart by each that needs them: read in common, they would be kept in between.
-- Receipts of several lines that sell something. Every till may have numbers of its own: without a till, only the card
-- tells receipts of one number apart.
receipts as (
    select min(purchased_at) < max(purchased_at) as has_several_moments
    from {{ ref('int_sold_lines') }}
    where receipt_no is not null and (card_id is not null or till_no is not null)
    group by card_id, till_no, receipt_no, {{ day_of_receipt('purchased_at') }}
    having count(*) > 1
),

-- What is equal in all of these at one moment, or on one receipt, seems to be the same line.
repeated_lines as (
    select
        lines.source_file,
        count(*) as lines,
        count(*) - count(distinct hash({{ values_of([
            'card_id', 'purchased_at', 'till_no', 'receipt_no', 'product_code', 'product_name', 'quantity', 'amount'
        ]) }})) as repeated
    from {{ ref('sales_lines') }} as lines
    cross join as_of
    where lines.purchased_at is not null and (as_of.has_times or lines.receipt_no is not null)
    group by lines.source_file
),

lines_by_card as (
    select
        card_id,
        reason,
        count(*) as lines,
        count(*) filter (where amount > 0 and round(amount, 2) = 0) as tiny_amounts,
        cast(min(purchased_at) as date) as first_day,
        cast(max(purchased_at) as date) as last_day
    from {{ ref('sales_lines') }}
    group by card_id, reason
),

-- A value that stands for customers without a card is in far more lines than any other; of few buyers one may be so
-- large.
crowd as (
    select
        card_id,
        lines,
        lines_of_all
    from (
        select
            card_id,
            lines,
            sum(lines) over () as lines_of_all,
            count(*) over () as cards,
            lead(lines) over (order by lines desc, card_id) as lines_of_next,
            row_number() over (order by lines desc, card_id) as place
        from lines_by_card
        where reason is null
    ) as counted_cards
    where place = 1 and lines > 10 * lines_of_next and cards > 10
),

cards as (
    select
        card_id,
        bool_or(reason = 'unregistered_card') as is_unregistered
    from lines_by_card
    where card_id is not null
    group by card_id
),

keys as (
    select card_id from cards
    union
    select card_id from members
),

folded_keys as (
    select count(*) > 1 as has_two_cases
    from keys
    group by lower(card_id)
),

-- A spreadsheet takes the zeros before a number, some programs set blanks into it: a card of no member may be one's.
{% set number = "trim(leading '0' from replace(card_id, ' ', ''))" -%}
strangers as (
    select
        card_id,
        {{ number }} as number
    from cards
    where is_unregistered
),

numbers_of_members as (
    select distinct {{ number }} as number from members
),

-- Of files that hold dates without times, all that a card buys on a day is one order, unless receipts are orders.
receipts_of_days as (
    select count(distinct coalesce(sold_lines.till_no, '') || ' ' || sold_lines.receipt_no) > 1 as has_several
    from {{ ref('int_sold_lines') }} as sold_lines
    cross join retailer
    cross join as_of
    where sold_lines.is_counted and sold_lines.customer_type = 'member' and sold_lines.receipt_no is not null
        and not as_of.has_times and not retailer.order_is_receipt
    group by sold_lines.card_id, sold_lines.purchased_at
),

lines_by_currency as (
    select
        currency,
        count(*) as lines,
        count(*) filter (where reason = 'other_currency') as lines_left_out
    from {{ ref('sales_lines') }}
    where currency is not null
    group by currency
),

bought_lines as (
    select sum(lines) as lines from orders
),

-- Of anybody, with a card or without: members alone may stay away while the files go on.
last_sale as (
    select
        count(*) as lines,
        {{ whole_days_between('max(sold_lines.purchased_at)', 'max(as_of.as_of)') }} as days
    from {{ ref('int_sold_lines') }} as sold_lines
    cross join as_of
    where sold_lines.is_counted and sold_lines.purchased_at < as_of.as_of
),

list_rows as (
    select
        'card_merges' as list_name,
        reason
    from card_merges
    union all
    select
        'segment_overrides' as list_name,
        reason
    from segment_overrides
),

-- The hundredth of the buyers that has most of the amount.
places as (
    select
        m,
        row_number() over (order by m desc, card_id) * 100 <= count(*) over () as is_top
    from buyers
),

{%- set no_days = 'null as days, null as from_day, null as to_day' %}
{%- set no_more = 'null as other, ' ~ no_days %}

counted as (
    select
        'overlapping_files' as finding,
        source_file as subject,
        equal_lines as found,
        lines_of_shared_days as looked_at,
        overlaps_with as other,
        shared_days as days,
        null as from_day,
        null as to_day
    from input_files
    where counts_twice
    union all
    select
        'full_sheets' as finding,
        source_file as subject,
        raw_rows as found,
        raw_rows as looked_at,
        {{ no_more }}
    from input_files
    where is_full_sheet
    union all
    select
        'files_of_one_size' as finding,
        table_name as subject,
        count(*) filter (where is_largest) as found,
        count(*) as looked_at,
        {{ with_commas('max(raw_rows)') }} as other,
        {{ no_days }}
    from sizes_of_files
    group by table_name
    having found > 1 and max(raw_rows) >= 1000
    union all
    select
        'sales_end_early' as finding,
        source_file as subject,
        raw_rows as found,
        raw_rows as looked_at,
        null as other,
        null as days,
        null as from_day,
        cast(last_purchased_at as date) as to_day
    from input_files
    where ends_early
    union all
    select
        'several_currencies' as finding,
        'amount' as subject,
        sum(lines_left_out) as found,
        sum(lines) as looked_at,
        {{ text_by("currency || ' ' || " ~ with_commas('cast(lines as bigint)'), ', ', 'lines desc, currency') }}
            as other,
        {{ no_days }}
    from lines_by_currency
    union all
    -- It names a line, as no finding names a card.
    select
        'many_under_one_card' as finding,
        'lrfmpsx' as subject,
        any_value(crowd.lines) as found,
        any_value(crowd.lines_of_all) as looked_at,
        min(lines.source_file || ':' || lines.line_no) as other,
        {{ no_days }}
    from crowd
    inner join {{ ref('sales_lines') }} as lines on crowd.card_id = lines.card_id
    where lines.reason is null
    union all
    select
        'unread_lines' as finding,
        'sales_lines' as subject,
        sum(lines) filter (where reason = 'unreadable' or reason in {{ unread_reasons() }}) as found,
        sum(lines) as looked_at,
        {{ no_more }}
    from lines_by_card
    union all
    select
        'tiny_amounts' as finding,
        'sales_lines' as subject,
        sum(tiny_amounts) filter (where reason = 'not_positive') as found,
        sum(lines) as looked_at,
        {{ no_more }}
    from lines_by_card
    union all
    select
        'repeated_lines' as finding,
        source_file as subject,
        repeated as found,
        lines as looked_at,
        {{ no_more }}
    from repeated_lines
    union all
    select
        'cards_of_no_member' as finding,
        'sales_lines' as subject,
        sum(lines) filter (where reason = 'unregistered_card') as found,
        sum(lines) filter (where reason is null or reason = 'unregistered_card') as looked_at,
        {{ no_more }}
    from lines_by_card
    union all
    select
        'lone_days' as finding,
        'sales_lines' as subject,
        sum(lines) filter (where reason = 'lone_day') as found,
        sum(lines) as looked_at,
        null as other,
        null as days,
        min(first_day) filter (where reason = 'lone_day') as from_day,
        max(last_day) filter (where reason = 'lone_day') as to_day
    from lines_by_card
    union all
    select
        'far_days' as finding,
        'sales_lines' as subject,
        sum(far_days.lines) as found,
        any_value(far_days.all_lines) as looked_at,
        null as other,
        null as days,
        min(far_days.day) as from_day,
        max(far_days.day) as to_day
    from far_days
    inner join as_of on far_days.day < as_of.as_of
    union all
    select
        'keys_in_two_cases' as finding,
        'card_id' as subject,
        count(*) filter (where has_two_cases) as found,
        count(*) as looked_at,
        {{ no_more }}
    from folded_keys
    union all
    select
        'cards_like_those_of_members' as finding,
        'card_id' as subject,
        count(numbers_of_members.number) as found,
        count(*) as looked_at,
        {{ no_more }}
    from strangers
    left join numbers_of_members on strangers.number = numbers_of_members.number
    left join members_without_time on strangers.card_id = members_without_time.card_id
    where members_without_time.card_id is null
    union all
    select
        'listed_without_time' as finding,
        'member_rows' as subject,
        count(distinct members_without_time.card_id) as found,
        count(distinct strangers.card_id) as looked_at,
        {{ no_more }}
    from strangers
    left join members_without_time on strangers.card_id = members_without_time.card_id
    union all
    select
        'several_receipts_a_day' as finding,
        'receipts' as subject,
        count(*) filter (where has_several) as found,
        count(*) as looked_at,
        {{ no_more }}
    from receipts_of_days
    union all
    select
        'receipts_of_several_moments' as finding,
        'receipts' as subject,
        count(*) filter (where receipts.has_several_moments and not retailer.order_is_receipt) as found,
        count(*) as looked_at,
        {{ no_more }}
    from receipts
    cross join retailer
    union all
    select
        'registered_after_last_purchase' as finding,
        'lrfmpsx' as subject,
        count(*) filter (where days_since_registration < days_since_last_purchase) as found,
        count(*) as looked_at,
        {{ no_more }}
    from buyers
    union all
    select
        'no_thresholds' as finding,
        'life_cycle_thresholds' as subject,
        count(*) filter (where thresholds.lost_after_days is null) as found,
        count(*) as looked_at,
        {{ no_more }}
    from buyers
    cross join thresholds
    union all
    select
        'as_of_long_after_sales' as finding,
        'as_of' as subject,
        case when days > 31 then lines else 0 end as found,
        lines as looked_at,
        null as other,
        days,
        null as from_day,
        null as to_day
    from last_sale
    union all
    select
        'returns_not_taken_off' as finding,
        'sales_lines' as subject,
        count(*) as found,
        any_value(bought_lines.lines) + count(*) as looked_at,
        {{ no_more }}
    from member_returns
    cross join as_of
    cross join bought_lines
    where member_returns.returned_at < as_of.as_of and '{{ var("returns") }}' <> 'net'
    union all
    select
        'returns_after_as_of' as finding,
        'member_returns' as subject,
        count(*) filter (where member_returns.returned_at >= as_of.as_of) as found,
        count(*) as looked_at,
        null as other,
        null as days,
        cast(any_value(as_of.as_of) as date) as from_day,
        cast(max(member_returns.returned_at) as date) as to_day
    from member_returns
    cross join as_of
    union all
    select
        'sheets_left_out' as finding,
        source_file as subject,
        1 as found,
        1 as looked_at,
        -- The same workbook can stand there for several tables.
        min(sheets_left_out) as other,
        {{ no_days }}
    from input_files
    where sheets_left_out is not null
    group by source_file
    union all
    select
        'amount_of_few' as finding,
        'lrfmpsx' as subject,
        sum(m) filter (where is_top) as found,
        sum(m) as looked_at,
        {{ with_commas('count(*) filter (where is_top)') }} as other,
        {{ no_days }}
    from places
    union all
    select
        'list_rows_left_out' as finding,
        list_rows.list_name as subject,
        count(*) filter (where list_reasons.is_fault) as found,
        count(*) as looked_at,
        {{ no_more }}
    from list_rows
    left join list_reasons on list_rows.list_name = list_reasons.list_name and list_rows.reason = list_reasons.reason
    group by list_rows.list_name
),

-- What exceeds its share stands out.
standing_out as (
    select
        texts.*,
        {{ all_but('counted', ['finding', 'found', 'looked_at']) }},
        cast(counted.found as bigint) as found,
        cast(counted.looked_at as bigint) as looked_at
    from counted
    inner join texts on counted.finding = texts.finding
    where counted.found > texts.above_share * counted.looked_at
),

{%- set filled = {
    'found': with_commas('found'),
    'looked_at': with_commas('looked_at'),
    'share': "cast(cast(100 * found / looked_at as decimal(9, 1)) as string) || '%'",
    'days': with_commas('days'),
    'from_day': 'cast(from_day as string)',
    'to_day': 'cast(to_day as string)',
    'other': 'other',
    'subject': 'subject',
} %}

findings as (
    select
        finding_no,
        finding,
        subject,
        found,
        looked_at,
        {% for language in ['zh', 'en'] -%}
        {% for _ in filled %}replace({% endfor -%}
        text_{{ language }}
        {%- for name, value in filled.items() %},
        '{{ "{" ~ name ~ "}" }}', coalesce({{ value }}, '')
        ){%- endfor %} as text_{{ language }}{{ "," if not loop.last }}
        {% endfor %}
    from standing_out
)

select * from findings
order by finding_no, found desc, subject
