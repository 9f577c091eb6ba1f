{#- A code by which rows of several files find each other, such as a card's or a product's, in one form: a whole number that a program has given
    a point (17850.0) is the one without. -#}
{% macro clean_key(column) -%}
case
    when {{ column }} is null then null
    when not contains({{ column }}, '.') and not contains({{ column }}, '．') then {{ clean_code(column) }}
    else {{ replaced(clean_code(column), '^(\\d+)\\.0+$', '\\1') }}
end
{%- endmacro %}
