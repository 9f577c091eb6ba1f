{#- A number from text, null where the text is none (NaN, infinity and percentages are none). `mark` is the decimal mark, a point or a comma.
    The other of them, a blank or an apostrophe parts thousands, in groups of three only: with a comma for the mark, 1.234 is 1234 but 45.75 is
    what a program wrote. A sign of money may stand on either side; (20), 20- and the typographic minus are negative.
    The case around all keeps DuckDB from cleaning every text beforehand, where only a few cannot be cast as they are. -#}
{% macro to_number(column, data_type, mark) -%}
case
    when {{ column }} is not null then coalesce(
        case
            when {{ mark }} is distinct from ',' then try_cast({{ column }} as {{ data_type }})
            when not contains({{ column }}, '.') then try_cast(replace({{ column }}, ',', '.') as {{ data_type }})
        end,
        try_cast({{ plain_number(number_text(column, mark)) }} as {{ data_type }})
    )
end
{%- endmacro %}

{#- The text of a number with one form of every sign and a point for the decimal mark. -#}
{% macro number_text(column, mark) -%}
translate(
    translate({{ clean_text(column) }}, '−–﹣（）’‘`´＇', '---()'''''''''''),
    '.,',
    case
        when
            {{ mark }} = ','
            and regexp_matches({{ column }}, '[,，]|^[^0-9０-９]*[1-9１-９][0-9０-９]{0,2}(?:[.．][0-9０-９]{3})+[^0-9０-９]*$')
            then ',.'
        else '.,'
    end
)
{%- endmacro %}

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
