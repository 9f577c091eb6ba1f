{#- A number from text, null where the text is none (NaN, infinity and percentages are none). `mark` is the decimal mark, a point or a comma.
    The other of them, a blank or an apostrophe parts thousands, in groups of three only, a comma the groups of lakhs (1,23,456) too: with a comma for the mark, 1.234 is 1234 but 45.75 is
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
