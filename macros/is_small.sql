{#- Whether so few members, orders or buyers that rates and means of them say little (setting small_group). -#}
{% macro is_small(count) -%}
{{ count }} < {{ var('small_group') }}
{%- endmacro %}
