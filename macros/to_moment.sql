{#- A moment from text, by the clock of the place where it was written (an offset is left out): ISO and slashed dates with or without a time and
    fractions, 20150102 with or without a time, the serial number of a spreadsheet (days since 1899-12-30; 43102,5 too), or what `spelled_moment` reads.
    Null where the text is none of these.
    An apostrophe or backquote that keeps a spreadsheet from reading it is left out. The case around all keeps DuckDB from cleaning every text beforehand, where only a few cannot be cast as they are. -#}
{% macro to_moment(column) -%}
{%- set text %}trim(leading '`''' from {{ clean_text(column) }}){% endset -%}
{%- set seconds %}cast(round(cast(replace({{ text }}, ',', '.') as double) * 86400) as bigint){% endset -%}
case
    when {{ column }} is not null then coalesce(
        {{ iso_moment(column) }},
        {{ iso_moment(text) }},
        {{ compact_moment(text) }},
        case when {{ fits(text, '^' ~ serial_day() ~ '$') }} then {{ seconds_after("timestamp '1899-12-30'", seconds) }} end,
        {{ spelled_moment(text) }}
    )
end
{%- endmacro %}
