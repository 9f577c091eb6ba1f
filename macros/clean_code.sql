{#- A code, clean and without the signs by which a spreadsheet is kept from reading it as a number (="00123", '00123, the quotes of "00123").
    Null where a spreadsheet has rounded it (6.01235E+15): many codes became one. Only codes that begin with another sign than
    an ASCII letter or digit, or hold a plus, pay for it. -#}
{% macro clean_code(column) -%}
case
    when {{ column }} is null then null
    when
        not contains({{ column }}, '+')
        and (
            ({{ column }} >= '0' and {{ column }} < ':')
            or ({{ column }} >= 'A' and {{ column }} < '[')
            or ({{ column }} >= 'a' and {{ column }} < '{')
        )
        then {{ clean_text(column) }}
    else nullif({{ replaced(
        replaced(clean_text(column), '^(?:=?"\\s*([^"]*?)\\s*"|[\'\'`]\\s*([^\'\'`]+))$', '\\1\\2'), '^' ~ rounded_code() ~ '$', ''
    ) }}, '')
end
{%- endmacro %}
