{#- The regular expression of a sign of money, of one text in capital letters. -#}
{% macro money_sign() -%}
(?:[A-Z]{0,3}\p{Sc}|元|圆|円|원|人民币|RMB|CNY|JPY|KRW|USD|EUR|GBP|HKD|TWD|SGD|AUD|CAD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|INR|THB|VND|MYR|IDR|BRL|MXN|ZAR|TRY|RUB)
{%- endmacro %}
