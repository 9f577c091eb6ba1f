{#- The day of a receipt, which begins at four in the morning: a receipt may go on past midnight, and its number may begin anew every day. -#}
{% macro day_of_receipt(moment) -%}
cast({{ moment }} - interval 4 hour as date)
{%- endmacro %}
