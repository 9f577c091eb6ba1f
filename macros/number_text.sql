{#- The text of a number with one form of every sign and a point for the decimal mark, without the apostrophe that keeps a
    spreadsheet from reading it. -#}
{% macro number_text(column, mark) -%}
translate(
    trim(leading '''' from translate({{ clean_text(column) }}, '−–﹣（）’‘`´＇', '---()''''''''''')),
    '.,',
    case
        when
            {{ mark }} = ','
            and {{ fits(column, '[,，]|^[^0-9０-９]*[1-9１-９][0-9０-９]{0,2}(?:[.．][0-9０-９]{3})+[^0-9０-９]*$') }}
            then ',.'
        else '.,'
    end
)
{%- endmacro %}
