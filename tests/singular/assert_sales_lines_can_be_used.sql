-- Stops before anything is made of the lines, with one sentence, where more than the setting max_bad_values allows hold
-- a moment or a number that is none (the retailer file is wrong then), where none is a purchase of a member, or where
-- sums would find no room: 16 digits of money and points, 15 of pieces.
with sales_lines as (
    select * from {{ ref('sales_lines') }}
),

lines_by_reason as (
    select
        reason,
        reason in {{ unread_reasons() }} as is_bad,
        count(*) as lines,
        arg_min(source_file || ', line ' || line_no || coalesce(', ' || left(raw_text, 80), ''), (source_file, row_no))
            as example
    from sales_lines
    where reason is not null
    group by reason
),

rejected as (
    select
        coalesce(sum(lines) filter (where is_bad), 0) as bad_lines,
        coalesce(sum(lines), 0) as lines,
        string_agg(format('{} {}, such as {}', reason, lines, example), '; ' order by lines desc, reason)
            filter (where is_bad) as bad_examples,
        coalesce(string_agg(reason || ' ' || lines, ', ' order by lines desc, reason), 'there are none') as reasons
    from lines_by_reason
),

total as (
    select
        count(*) as lines,
        sum(abs(amount)) >= 1e16 or sum(abs(points)) >= 1e16 or sum(abs(quantity)) >= 1e15 as is_too_large,
        arg_max(
            source_file || ', line ' || line_no,
            (coalesce(greatest(abs(amount), abs(points), abs(quantity)), 0), source_file, row_no)
        ) as example
    from sales_lines
)

select rejected.reasons
from rejected
cross join total
where case
    when rejected.bad_lines > {{ var('max_bad_values') }} * total.lines then error(format(
        '{} of the {} sales lines are rejected because a moment or a number could not be read ({}), more than the '
        || 'share {{ var("max_bad_values") }} that the setting max_bad_values allows: see to date_format, decimal '
        || 'and missing in the retailer file, or raise the setting.',
        rejected.bad_lines, total.lines, rejected.bad_examples
    ))
    when rejected.lines = total.lines then error(
        'No line of the sales files is a purchase of a registered member; the lines by reason: ' || rejected.reasons
        || '.'
    )
    when total.is_too_large then error(
        'Amounts, points or quantities add up to 16 digits and more, which no shop has: see to the largest of them ('
        || total.example || ') and to decimal in the retailer file.'
    )
end
