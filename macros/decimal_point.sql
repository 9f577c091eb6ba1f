{#- The text of a number with a point for the decimal mark; of 1.234,56 or 1 234,56, where the mark is a comma, it makes 1234.56. -#}
{% macro decimal_point(column, mark) -%}
case when {{ mark }} = ',' then replace(translate({{ column }}, '. ' || chr(160), ''), ',', '.') else {{ column }} end
{%- endmacro %}
