{%- set values = [
    'card_id', 'purchased_at', 'product_code', 'product_name', 'quantity', 'unit_price', 'amount', 'points', 'till_no',
    'receipt_no', 'counter_code', 'counter_name', 'currency', 'is_cancelled'
] | join(', ') -%}

with file_days as (
    select * from {{ ref('int_file_days') }}
),

-- Lines of days that one file alone has are not looked at.
shared_days as (
    select
        source_file,
        day
    from file_days
    qualify count(*) over (partition by day) > 1
),

lines as (
    select
        source_file,
        row_no,
        cast(purchased_at as date) as day,
        {{ values }}
    from {{ ref('stg_sales_lines') }}
),

-- What is equal has the same digest: only such lines are worth comparing.
digests as (
    select
        lines.*,
        hash({{ values }}) as digest
    from lines
    semi join shared_days on lines.source_file = shared_days.source_file and lines.day = shared_days.day
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
