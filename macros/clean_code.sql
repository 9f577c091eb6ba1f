{#- A key or code, clean and in one form: without the signs by which a spreadsheet is kept from reading it as a number (="00123", '00123, the
    quotes of "00123"), and without the zeros that a program writes behind the point of a whole number (17850.0). Null where a spreadsheet has
    rounded it (6.01235E+15): many codes became one. Only codes with such a sign pay for it. -#}
{% macro clean_code(column) -%}
case
    when {{ column }} is null then null
    when translate({{ column }}, '.．+＋"''`', '') = {{ column }} then {{ clean_text(column) }}
    else nullif(regexp_replace(
        regexp_replace(
            regexp_replace({{ clean_text(column) }}, '^(?:=?"\s*([^"]*?)\s*"|[''`]\s*([^''`]+))$', '\1\2'),
            '^(\d+)\.0+$', '\1'
        ),
        '^{{ rounded_code() }}$', ''
    ), '')
end
{%- endmacro %}

{#- The regular expression of a code in the form of a rounded number. -#}
{% macro rounded_code() -%}
\d(?:\.\d+)?[eE]\+\d+
{%- endmacro %}
