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
    'code': "raw_{0} is not null and {0} is distinct from raw_{0}",
    'moment': "bit_length(raw_{0}) <> 8 * length(raw_{0}) or raw_{0} not like '____-__-__%'",
    'number': "raw_{0} is not null and try_cast(raw_{0} as decimal(18, 6)) is null",
    'label': "raw_{0} is not null and {0} is null",
} -%}
with files as (
    select * from {{ ref('stg_files') }}
    where part = 0
),

table_sizes as (
    select
        table_name,
        sum(raw_rows) as table_rows
    from files
    group by table_name
),

repairs as (
    select * from {{ ref('repairs') }}
),

looked_at as (
    {% for table, columns in tables.items() -%}
    select
        '{{ table }}' as table_name,
        source_file,
        row_no,
        line_no,
        {% set values = [] -%}
        {% for column, kind in columns.items() -%}
        {% set text = 'cast(' ~ column ~ ' as string)' -%}
        {% do values.append({
            'column_name': "'" ~ column ~ "'",
            'kind': "'" ~ kind ~ "'",
            'is_unusual': unusual[kind].format(column),
            'raw_value': 'raw_' ~ column,
            'value': "trim(trailing '.' from trim(trailing '0' from " ~ text ~ '))' if kind == 'number' else text,
        }) -%}
        {% endfor -%}
        {{ rows_of(values) }}
    from {{ ref('stg_' ~ table) }}
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
            when kind = 'moment' and {{ fits('raw_value', '^\\s*\\d{5}(\\.\\d*)?\\s*$') }} then 'excel_serial'
            when kind = 'moment' and {{ fits('raw_value', '^\\s*\\d{8}') }} then 'compact_date'
            when kind = 'moment' and contains(raw_value, '/') then 'slashed_date'
            when kind in ('code', 'moment') and {{ fits('raw_value', '["\'\'`]') }} then 'text_marks'
            when kind = 'code' and {{ fits('raw_value', '^\\s*\\d+\\.0+\\s*$') }} then 'decimals_of_code'
            when kind = 'number' and {{ fits('raw_value', '[\\p{Sc}\\p{Han}A-DF-Za-df-z]') }} then 'money_sign'
            when kind = 'number' and {{ fits('raw_value', '[(（−–﹣－]|\\d\\s*-') }} then 'minus_sign'
            when kind = 'number' and {{ fits('raw_value', '^\\s*[\'\'`]') }} then 'text_marks'
            when bit_length(raw_value) <> 8 * length(raw_value) then 'full_width'
            when kind = 'moment' then 'other_date'
            when kind = 'number' and {{ fits('raw_value', '^[^,.]*,\\d{1,2}$|\\..*,') }} then 'decimal_comma'
            when kind = 'number' and {{ fits('raw_value', '[,\'\'\\. ]\\d{3}') }} then 'thousands_separators'
            else 'blanks'
        end as repair
    from looked_at
    where
        is_unusual
        and value is distinct from raw_value
        and (
            value is not null
            or column_name in ('birth_date', 'gender', 'age_band', 'unit_price')
            or kind = 'code' and trim(raw_value) <> ''
        )
),

-- A form that most values of a file have is the file's way to write, and no repair; of a code, only one that all have,
-- since it is looked up in other files. What was not understood is lost, however often.
listed as (
    select repaired.*
    from repaired
    inner join files on repaired.table_name = files.table_name and repaired.source_file = files.source_file
    inner join table_sizes on repaired.table_name = table_sizes.table_name
    qualify
        repaired.repair = 'not_understood'
        or count(*) over (
            partition by repaired.table_name, repaired.source_file, repaired.column_name, repaired.repair
        ) <= files.raw_rows / 2
        or (
            repaired.kind = 'code'
            and count(*) over (partition by repaired.table_name, repaired.column_name, repaired.repair)
            < table_sizes.table_rows
        )
),

with_labels as (
    select
        listed.table_name,
        listed.source_file,
        listed.row_no,
        listed.line_no,
        listed.column_name,
        listed.repair,
        repairs.name_zh as repair_name_zh,
        repairs.name_en as repair_name_en,
        listed.raw_value,
        listed.value
    from listed
    left join repairs on listed.repair = repairs.repair
)

select * from with_labels
order by table_name, source_file, row_no, column_name
