{#- The regular expression of a clock time and its offset, in six groups: the time, blanks, sign, hours and minutes of the offset, and the end. -#}
{% macro clock_with_offset() -%}
(\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[AaPp][Mm])?)(\s*)(?:Z|UTC|GMT|(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?)(\s|$)
{%- endmacro %}
