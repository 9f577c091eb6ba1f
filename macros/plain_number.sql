{#- The number, as SQL writes it, of a text with a point for the decimal mark; null where it is none. -#}
{% macro plain_number(text) -%}
{%- set money = '(?:[A-Z]{0,3}\\p{Sc}|元|圆|円|원|人民币|RMB|CNY|JPY|KRW|USD|EUR|GBP|HKD|TWD|SGD|AUD|CAD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|INR|THB|VND|MYR|IDR|BRL|MXN|ZAR|TRY|RUB)' -%}
{%- set number = '(\\d*\\.?\\d+|[1-9]\\d{0,2}(?:(?:,\\d{3})+|(?: \\d{3})+|(?:\'\'\\d{3})+)(?:\\.\\d+)?)' -%}
case
    when
        regexp_full_match({{ text }}, '[-+(]?\s*{{ money }}?\s*[-+(]?\s*{{ number }}\s*{{ money }}?\s*[-)]?\s*{{ money }}?')
        and regexp_replace({{ text }}, '[^-+()]', '', 'g') in ('', '+', '-', '()')
        then
            case when regexp_matches({{ text }}, '[-(]') then '-' else '' end
            || translate(regexp_extract({{ text }}, '\d.*\d|\.?\d+'), ', ''', '')
end
{%- endmacro %}
