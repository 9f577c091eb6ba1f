{#- Whether a member with purchases is a buyer: who has brought everything back is none. -#}
{% macro is_buyer(net_amount, returns) -%}
({{ net_amount }} > 0 or {{ returns }} = 0)
{%- endmacro %}
