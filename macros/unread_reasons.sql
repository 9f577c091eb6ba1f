{#- Reasons of sales lines of which a moment or a number is missing or could not be read, as a list of SQL. It is no column of a seed: of what comes after
    the lines, dbt lets wait for a test only what comes after all that the test reads. -#}
{% macro unread_reasons() -%}
('no_moment', 'bad_moment', 'bad_number')
{%- endmacro %}
