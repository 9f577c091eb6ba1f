{#- The number, as SQL writes it, of a text with a point for the decimal mark; null where it is none. -#}
{% macro plain_number(text) -%}
{%- set number = '(\\d*\\.?\\d+|[1-9]\\d?(?:,\\d\\d)+,\\d{3}(?:\\.\\d+)?|[1-9]\\d{0,2}(?:(?:,\\d{3})+|(?: \\d{3})+|(?:\'\'\\d{3})+)(?:\\.\\d+)?)' -%}
{%- set money = '\\s*' ~ money_sign() ~ '?\\s*' -%}
case
    when
        {{ fits(text, '^(?:[-+(]?' ~ money ~ '[-+(]?\\s*' ~ number ~ money ~ '[-)]?' ~ money ~ ')$') }}
        and {{ replaced(text, '[^-+()]', '') }} in ('', '+', '-', '()')
        then
            case when {{ fits(text, '[-(]') }} then '-' else '' end
            || translate({{ extracted(text, '\\d.*\\d|\\.?\\d+') }}, ', ''', '')
end
{%- endmacro %}
