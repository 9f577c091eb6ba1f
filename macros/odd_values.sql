{#- Query of the values of a table that are written oddly but were understood, or were emptied because they were not, and how. `columns` gives the kind of
    each column that is looked at. -#}
{% macro odd_values(table, columns) -%}
{#- The .0 behind all codes of a column of goods or tills would be a row for each of its lines. -#}
{%- set unusual = {
    'code': "raw_{0} is not null and {0} is distinct from raw_{0}"
        ~ " and ('{0}' = 'card_id' or {0} || '.0' is distinct from raw_{0})",
    'moment': "bit_length(raw_{0}) <> 8 * length(raw_{0}) or raw_{0} not like '____-__-__%'",
    'number': "raw_{0} is not null and try_cast(raw_{0} as decimal(18, 6)) is null",
    'label': "raw_{0} is not null and {0} is null",
} -%}
select
    source_file,
    row_no,
    line_no,
    column_name,
    kind,
    raw_value,
    value,
    case
        when value is null then 'not_understood'
        when kind = 'moment' and {{ fits('raw_value', '^\\s*' ~ serial_day() ~ '\\s*$') }} then 'excel_serial'
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
from (
    select
        source_file,
        row_no,
        line_no,
        {% set values = [] -%}
        {% for column, kind in columns.items() -%}
        {% set text = 'cast(' ~ column ~ ' as string)' -%}
        {% do values.append({
            'column_name': sql_literal(column),
            'kind': sql_literal(kind),
            'is_unusual': unusual[kind].format(column),
            'raw_value': 'raw_' ~ column,
            'value': "trim(trailing '.' from trim(trailing '0' from " ~ text ~ '))' if kind == 'number' else text,
        }) -%}
        {% endfor -%}
        {{ rows_of(values) }}
    from {{ table }}
    where
        {% for column, kind in columns.items() -%}
        ({{ unusual[kind].format(column) }}){{ " or" if not loop.last }}
        {% endfor -%}
) as looked_at
where
    is_unusual
    and value is distinct from raw_value
    -- A value that was not understood has rejected its row, except in columns that a row can do without.
    and (
        value is not null
        or column_name in ('birth_date', 'gender', 'age_band', 'unit_price')
        or kind = 'code' and trim(raw_value) <> ''
    )
{%- endmacro %}
