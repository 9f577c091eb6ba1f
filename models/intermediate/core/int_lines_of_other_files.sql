{%- set values = [
    'card_id', 'purchased_at', 'product_code', 'product_name', 'quantity', 'unit_price', 'amount', 'points', 'till_no',
    'receipt_no', 'counter_code', 'counter_name', 'is_cancelled'
] | join(', ') -%}

-- Where there is one file, no line is looked at.
with several_files as (
    select source_file from {{ ref('stg_files') }}
    where table_name = 'sales_lines' and part = 0 and raw_rows > 0
    qualify count(*) over () > 1
),

lines as (
    select
        sales_lines.source_file,
        sales_lines.row_no,
        cast(sales_lines.purchased_at as date) as day,
        {{ values }}
    from {{ ref('stg_sales_lines') }} as sales_lines
    semi join several_files on sales_lines.source_file = several_files.source_file
    where sales_lines.purchased_at is not null
),

shared_days as (
    select day from lines
    group by day
    having min(source_file) <> max(source_file)
),

-- What is equal has the same digest: only such lines are worth comparing.
digests as (
    select
        lines.*,
        hash({{ values }}) as digest
    from lines
    semi join shared_days on lines.day = shared_days.day
),

shared_digests as (
    select digest from digests
    group by digest
    having min(source_file) <> max(source_file)
),

-- A file may hold equal lines itself: the second of them is that of another file which has two as well.
numbered as (
    select
        *,
        row_number() over (partition by source_file, {{ values }} order by row_no) as nth
    from digests
    semi join shared_digests on digests.digest = shared_digests.digest
),

with_first_file as (
    select
        source_file,
        row_no,
        min(source_file) over (partition by nth, {{ values }}) as other_file
    from numbered
),

repeated as (
    select * from with_first_file
    where source_file <> other_file
)

select * from repeated
