{#- The regular expression of a code in the form of a rounded number. -#}
{% macro rounded_code() -%}
\d(?:[.,]\d+)?[eE]\+\d+
{%- endmacro %}
