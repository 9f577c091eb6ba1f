{#- Standard errors from an estimate to the bounds of its 95 % confidence interval. -#}
{% macro z_of_95_percent() -%}
1.959963984540054
{%- endmacro %}
