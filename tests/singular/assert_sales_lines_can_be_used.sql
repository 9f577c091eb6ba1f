-- Stops before anything is made of the lines, with one sentence, where more than the setting max_bad_values allows hold
-- a moment or a number that is none (the retailer file is wrong then), where amounts of several currencies would be
-- added up, where none is a purchase of a member, or where sums would find no room: 16 digits of money and points, 15
-- of pieces.
with sales_lines as (
    select * from {{ ref('sales_lines') }}
),

-- An example is looked for where one is told: of all lines it would take most of the time.
examples as (
    select
        reason,
        arg_min(source_file || ', line ' || line_no || coalesce(', ' || left(raw_text, 80), ''), (source_file, row_no))
            as example
    from sales_lines
    where reason in {{ unread_reasons() }}
    group by reason
),

lines_by_reason as (
    select
        reason,
        count(*) as lines
    from sales_lines
    where reason is not null
    group by reason
),

rejected as (
    select
        coalesce(sum(lines_by_reason.lines) filter (where examples.reason is not null), 0) as bad_lines,
        coalesce(sum(lines_by_reason.lines), 0) as lines,
        string_agg(
            format('{} {}, such as {}', lines_by_reason.reason, lines_by_reason.lines, examples.example), '; '
            order by lines_by_reason.lines desc, lines_by_reason.reason
        ) filter (where examples.reason is not null) as bad_examples,
        coalesce(
            string_agg(
                lines_by_reason.reason || ' ' || lines_by_reason.lines, ', '
                order by lines_by_reason.lines desc, lines_by_reason.reason
            ),
            'there are none'
        ) as reasons
    from lines_by_reason
    left join examples on lines_by_reason.reason = examples.reason
),

-- What is sold to anybody and what is brought back is added up.
lines_by_currency as (
    select
        currency,
        count(*) as lines
    from sales_lines
    where
        currency is not null
        and (reason is null or reason in ('return', 'no_card', 'no_points', 'unregistered_card'))
    group by currency
),

currencies as (
    select
        count(*) > 1 as are_several,
        string_agg(currency || ' ' || lines, ', ' order by lines desc, currency) as counts,
        arg_max(currency, lines) as most_frequent
    from lines_by_currency
),

total as (
    select
        count(*) as lines,
        sum(abs(amount)) >= 1e16 or sum(abs(points)) >= 1e16 or sum(abs(quantity)) >= 1e15 as is_too_large
    from sales_lines
),

largest as (
    select sales_lines.source_file || ', line ' || sales_lines.line_no as example
    from sales_lines
    inner join total on total.is_too_large
    order by
        greatest(abs(sales_lines.amount), abs(sales_lines.points), abs(sales_lines.quantity)) desc nulls last,
        sales_lines.source_file, sales_lines.row_no
    limit 1
)

select rejected.reasons
from rejected
cross join total
cross join currencies
left join largest on total.is_too_large
where case
    when rejected.bad_lines > {{ var('max_bad_values') }} * total.lines then error(format(
        '{} of the {} sales lines are rejected because a moment or a number could not be read ({}), more than the '
        || 'share {{ var("max_bad_values") }} that the setting max_bad_values allows: see to date_format, decimal '
        || 'and missing in the retailer file, or raise the setting.',
        rejected.bad_lines, total.lines, rejected.bad_examples
    ))
    when currencies.are_several then error(
        'The amounts of the sales lines are in several currencies (lines: ' || currencies.counts || '), and cannot be '
        || 'added up: write currency: ' || currencies.most_frequent || ' into the retailer file to take the lines in '
        || 'it alone, and make a retailer file for each other one; the seed currency_signs has the signs and names of '
        || 'each.'
    )
    when rejected.lines = total.lines then error(
        'No line of the sales files is a purchase of a registered member; the lines by reason: ' || rejected.reasons
        || case
            when contains(rejected.reasons, 'unregistered_card') then
                ': see whether the member list writes a card as they do (zeros before a number, blanks).'
            else '.'
        end
    )
    when total.is_too_large then error(
        'Amounts, points or quantities add up to 16 digits and more, which no shop has: see to the largest of them ('
        || largest.example || ') and to decimal in the retailer file.'
    )
end
