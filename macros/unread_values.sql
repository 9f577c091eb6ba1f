{#- The raw text of what could not be read: the whole line, or each value (of raw_<column>) that became null. -#}
{% macro unread_values(columns) -%}
coalesce(
    unreadable_text,
    nullif(concat_ws(
        ', '
        {%- for column in columns %},
        case when {{ column }} is null and raw_{{ column }} is not null then '{{ column }}: ' || raw_{{ column }} end
        {%- endfor %}
    ), '')
)
{%- endmacro %}
