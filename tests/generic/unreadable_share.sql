{#- Stops the build, with one sentence, where more lines of a file are unreadable than the setting max_unreadable_lines allows.
    `files` is the ledger of the files that have landed. -#}
{% test unreadable_share(model, files, table_name) %}
with unreadable as (
    select
        source_file,
        count(*) as lines,
        min(line_no) as first_line
    from {{ model }}
    where unreadable_reason is not null
    group by source_file
),

problems as (
    select string_agg(
        format(
            '{} of the {} lines of {} (the first is line {})',
            unreadable.lines, files.raw_rows, files.source_file, unreadable.first_line
        ), ', ' order by files.source_file
    ) as what
    from unreadable
    inner join {{ files }} as files on unreadable.source_file = files.source_file
    where
        files.table_name = '{{ table_name }}'
        and unreadable.lines > ceil({{ var('max_unreadable_lines') }} * files.raw_rows)
)

select what
from problems
where case
    when what is not null then error(
        what || ' are unreadable, more than the share {{ var("max_unreadable_lines") }} that the setting '
        || 'max_unreadable_lines allows: see to the encoding, the delimiter and the quotes, or raise the setting.'
    )
end
{% endtest %}
