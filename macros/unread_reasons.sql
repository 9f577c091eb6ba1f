{#- Reasons of sales lines of which a moment or a number is missing or could not be read, as a list of SQL. It is no column of a seed: a test that read
    the seed beside the lines would no longer hold back the models below the lines. -#}
{% macro unread_reasons() -%}
('no_moment', 'bad_moment', 'bad_number')
{%- endmacro %}
