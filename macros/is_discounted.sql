{#- Whether a sold line was a bargain: paid below its price, or without points. What is not recorded says nothing; null where neither is. -#}
{% macro is_discounted(sold_lines) -%}
greatest({{ sold_lines }}.is_below_price, {{ sold_lines }}.is_without_points)
{%- endmacro %}
