{#- Whether less than the price of the goods was paid, beyond the setting discount_tolerance and the half cent that a till may have rounded off. -#}
{% macro is_below_price(amount, price, quantity) -%}
{{ amount }} + 0.005 < {{ price }} * {{ quantity }} * (1 - {{ var('discount_tolerance') }})
{%- endmacro %}
