{#- Days in months of 30 days, as the original analysis counts them. -#}
{% macro months_of_days(days) -%}
cast({{ days }} as double) / 30
{%- endmacro %}
