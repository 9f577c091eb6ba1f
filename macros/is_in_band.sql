{#- Whether a value lies in a band: at or above its lower bound and below that of the next band (`upper_bound`), if there is one. -#}
{% macro is_in_band(value, bands) -%}
{{ value }} >= {{ bands }}.lower_bound and ({{ value }} < {{ bands }}.upper_bound or {{ bands }}.upper_bound is null)
{%- endmacro %}
