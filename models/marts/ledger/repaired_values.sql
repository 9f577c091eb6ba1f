{#- Kind of each column that is examined, and how a value looks that may have been repaired. -#}
{%- set tables = {
    'members': {
        'card_id': 'code', 'birth_date': 'moment', 'registered_at': 'moment', 'gender': 'label', 'age_band': 'label'
    },
    'sales_lines': {
        'card_id': 'code', 'product_code': 'code', 'till_no': 'code', 'receipt_no': 'code', 'counter_code': 'code',
        'purchased_at': 'moment', 'quantity': 'number', 'unit_price': 'number', 'amount': 'number', 'points': 'number'
    },
} -%}
{%- set unusual = {
    'code': "strlen(raw_rows.{0}) <> length(raw_rows.{0}) or raw_rows.{0} like ' %' or raw_rows.{0} like '% '",
    'moment': "strlen(raw_rows.{0}) <> length(raw_rows.{0}) or raw_rows.{0} not like '____-__-__%'",
    'number': "raw_rows.{0} is not null and try_cast(raw_rows.{0} as decimal(18, 2)) is null",
    'label': "raw_rows.{0} is not null and typed_rows.{0} is null",
} -%}
with files as (
    select * from {{ ref('input_files') }}
),

looked_at as (
    {% for table, columns in tables.items() -%}
    select
        '{{ table }}' as table_name,
        raw_rows.source_file,
        raw_rows.line_no,
        raw_rows.row_no,
        unnest([
            {% for column, kind in columns.items() -%}
            struct_pack(
                column_name := '{{ column }}',
                kind := '{{ kind }}',
                is_unusual := {{ unusual[kind].format(column) }},
                raw_value := raw_rows.{{ column }},
                value := cast(typed_rows.{{ column }} as varchar)
            ){{ "," if not loop.last }}
            {% endfor %}
        ], recursive := true)
    from {{ ref('raw_' ~ table) }} as raw_rows
    inner join {{ ref('int_' ~ table ~ '_classified') }} as typed_rows on raw_rows.row_no = typed_rows.row_no
    where
        {% for column, kind in columns.items() -%}
        ({{ unusual[kind].format(column) }}){{ " or" if not loop.last }}
        {% endfor -%}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- A value that was not understood has rejected its row, except in columns that a row can do without.
repaired as (
    select
        *,
        case
            when value is null then 'not_understood'
            when kind = 'moment' and regexp_full_match(raw_value, '\s*\d{5}(\.\d*)?\s*') then 'excel_serial'
            when kind = 'moment' and regexp_matches(raw_value, '^\s*\d{8}') then 'compact_date'
            when kind = 'moment' and contains(raw_value, '/') then 'slashed_date'
            when strlen(raw_value) <> length(raw_value) then 'full_width'
            when kind = 'moment' then 'other_date'
            when kind = 'number' and contains(raw_value, ',') then 'thousands_separators'
            else 'blanks'
        end as repair
    from looked_at
    where
        is_unusual
        and value is distinct from raw_value
        and (value is not null or column_name in ('birth_date', 'gender', 'age_band', 'unit_price'))
),

-- A form that most values of a file have is the file's way to write, and no repair.
listed as (
    select repaired.*
    from repaired
    inner join files on repaired.table_name = files.table_name and repaired.source_file = files.source_file
    qualify
        count(*) over (
            partition by repaired.table_name, repaired.source_file, repaired.column_name, repaired.repair
        ) <= files.raw_rows / 2
)

select
    table_name,
    row_no,
    column_name,
    repair,
    raw_value,
    value,
    source_file,
    line_no
from listed
order by table_name, row_no, column_name
