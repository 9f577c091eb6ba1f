-- Stops where more lines than the setting max_bad_values allows are rejected for a moment or a number: the retailer file is wrong then.
with sales_lines as (
    select * from {{ ref('sales_lines') }}
),

bad_lines as (
    select
        reason,
        count(*) as lines,
        arg_min(source_file || ', line ' || line_no || coalesce(', ' || left(raw_text, 80), ''), (source_file, row_no))
            as example
    from sales_lines
    where reason in ('no_moment', 'bad_moment', 'bad_number')
    group by reason
),

bad as (
    select
        sum(lines) as bad_lines,
        string_agg(format('{} {}, such as {}', reason, lines, example), '; ' order by lines desc, reason) as reasons
    from bad_lines
),

total as (
    select count(*) as all_lines from sales_lines
)

select bad.bad_lines
from bad
cross join total
where case
    when bad.bad_lines > {{ var('max_bad_values') }} * total.all_lines then error(format(
        '{} of the {} sales lines are rejected because a moment or a number could not be read ({}), more than the share '
        || '{{ var("max_bad_values") }} that the setting max_bad_values allows: see to date_format, decimal and missing in '
        || 'the retailer file, or raise the setting.', bad.bad_lines, total.all_lines, bad.reasons
    ))
end
