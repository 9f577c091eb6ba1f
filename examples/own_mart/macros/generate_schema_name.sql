{#- The layers of the package are schemas of the same name, as in the package itself. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
{{ customer_segmentation.generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
