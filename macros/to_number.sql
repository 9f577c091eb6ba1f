{#- A number from text, null where the text is none (NaN and infinity are none); thousands separators and full-width digits are understood.
    The case around all keeps DuckDB from cleaning every text beforehand, where only a few cannot be cast as they are. -#}
{% macro to_number(column, data_type) -%}
case
    when {{ column }} is not null then coalesce(
        try_cast({{ column }} as {{ data_type }}),
        case
            when regexp_full_match({{ clean_text(column) }}, '[+-]?\d{1,3}(,\d{3})+(\.\d*)?|[^,]*')
                then try_cast(replace({{ clean_text(column) }}, ',', '') as {{ data_type }})
        end
    )
end
{%- endmacro %}
