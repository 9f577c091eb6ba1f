{#- The number, as SQL writes it, of a text with a point for the decimal mark; null where it is none. -#}
{% macro plain_number(text) -%}
{%- set number = '(\\d*\\.?\\d+|[1-9]\\d?(?:,\\d\\d)+,\\d{3}(?:\\.\\d+)?|[1-9]\\d{0,2}(?:(?:,\\d{3})+|(?: \\d{3})+|(?:\'\'\\d{3})+)(?:\\.\\d+)?)' -%}
case
    when
        regexp_full_match({{ text }}, '[-+(]?\s*{{ money_sign() }}?\s*[-+(]?\s*{{ number }}\s*{{ money_sign() }}?\s*[-)]?\s*{{ money_sign() }}?')
        and regexp_replace({{ text }}, '[^-+()]', '', 'g') in ('', '+', '-', '()')
        then
            case when regexp_matches({{ text }}, '[-(]') then '-' else '' end
            || translate(regexp_extract({{ text }}, '\d.*\d|\.?\d+'), ', ''', '')
end
{%- endmacro %}
