{#- Whether a moment lies in the years that purchases and registrations can have (setting plausible_years). -#}
{% macro is_plausible(column) -%}
year({{ column }}) between {{ var('plausible_years')[0] }} and {{ var('plausible_years')[1] }}
{%- endmacro %}
