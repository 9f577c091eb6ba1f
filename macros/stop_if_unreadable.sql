{#- Stops the build, with one sentence, where more lines of a file are unreadable than the setting max_unreadable_lines allows. -#}
{% macro stop_if_unreadable(raw_table) -%}
with files as (
    select
        source_file,
        count(*) as lines,
        count(unreadable_reason) as unreadable_lines,
        min(line_no) filter (where unreadable_reason is not null) as first_line
    from {{ raw_table }}
    group by source_file
),

problems as (
    select string_agg(
        format('{} of the {} lines of {} (the first is line {})', unreadable_lines, lines, source_file, first_line),
        ', ' order by source_file
    ) as what
    from files
    where unreadable_lines > {{ var('max_unreadable_lines') }} * lines
)

select error(
    what || ' are unreadable, more than the share {{ var("max_unreadable_lines") }} that the setting '
    || 'max_unreadable_lines allows: see to the encoding, the delimiter and the quotes, or raise the setting.'
)
from problems
where what is not null
{%- endmacro %}
