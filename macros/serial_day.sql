{#- The regular expression of a moment as a spreadsheet keeps it: a day number, with the part of the day behind a point or a comma. -#}
{% macro serial_day() -%}
\d{5}(?:[.,]\d+)?
{%- endmacro %}
