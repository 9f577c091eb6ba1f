{#- The regular expression of a sign of money, in capital or small letters. -#}
{% macro money_sign() -%}
(?i:[A-Z]{0,3}\p{Sc}|[美日欧港韩]?元|日?圆|円|圓|원|人民币|新台币|港币|英镑|(?:kr|Rs|Rp|Fr|[рР][уУ][бБ]|лв)\.?|z[łŁ]|K[čČ]|Ft|lei|RM|RMB|CNY|JPY|KRW|USD|EURO?|GBP|HKD|TWD|SGD|AUD|CAD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|INR|PKR|THB|VND|MYR|IDR|PHP|BRL|MXN|ARS|CLP|COP|ZAR|NGN|KES|EGP|AED|SAR|ILS|TRY|RUB|UAH)
{%- endmacro %}
