{#- Text as an SQL literal: the one way in which a value from outside gets into SQL text. -#}
{% macro sql_literal(text) -%}
{{ dbt.string_literal(dbt.escape_single_quotes(text)) }}
{%- endmacro %}
