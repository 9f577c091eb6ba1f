{#- The regular expression of a sign of money, in capital or small letters. -#}
{% macro money_sign() -%}
(?i:[A-Z]{0,3}\p{Sc}|元|圆|円|圓|원|人民币|(?:kr|Rs|Rp|Fr|[рР][уУ][бБ]|лв)\.?|z[łŁ]|K[čČ]|Ft|lei|RM|RMB|CNY|JPY|KRW|USD|EUR|GBP|HKD|TWD|SGD|AUD|CAD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|INR|PKR|THB|VND|MYR|IDR|PHP|BRL|MXN|ARS|CLP|COP|ZAR|NGN|KES|EGP|AED|SAR|ILS|TRY|RUB|UAH)
{%- endmacro %}
