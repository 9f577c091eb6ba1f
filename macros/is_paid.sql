{#- Whether the amount of a line is that of a purchase: above zero when rounded or, where the setting zero_amounts says so, zero. -#}
{% macro is_paid(amount) -%}
{{ amount }} >= {{ 0 if var('zero_amounts') == 'count' else 0.005 }}
{%- endmacro %}
