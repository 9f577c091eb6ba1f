{#- A moment, null outside the years that purchases and registrations can have (setting plausible_years). -#}
{% macro plausible(moment) -%}
case
    when year({{ moment }}) between {{ var('plausible_years')[0] }} and {{ var('plausible_years')[1] }} then {{ moment }}
end
{%- endmacro %}
