with file_days as (
    select * from {{ ref('int_file_days') }}
),

days as (
    select
        day,
        cast(sum(lines) as bigint) as lines
    from file_days
    group by day
),

with_gaps as (
    select
        *,
        {{ whole_days_between('lag(day) over (order by day)', 'day') }} as gap_days,
        sum(lines) over (order by day) - lines as lines_before,
        cast(sum(lines) over () as bigint) as all_lines
    from days
),

with_ranks as (
    select
        *,
        row_number() over (order by gap_days desc nulls last, day) as gap_rank,
        {{ var('far_share') }} * all_lines as few_lines
    from with_gaps
),

-- With far_days of a year, a month without any sale is long, unless the shop has such months: two mistyped dates make
-- two gaps, so the third longest is the shop's own.
divided as (
    select
        *,
        gap_days <= {{ var('far_days') }}
        and gap_days > greatest({{ var('far_days') }} / 12, 2 * max(gap_days) filter (where gap_rank = 3) over ())
            as is_after_long_gap,
        -- Parts of the data that are far from each other.
        count(*) filter (where gap_days > {{ var('far_days') }}) over (order by day) as part_no
    from with_ranks
),

-- Between these the shop trades: few lines come long before or long after.
bounds as (
    select
        max(day) filter (where is_after_long_gap and lines_before <= few_lines) as first_day,
        min(day) filter (where is_after_long_gap and all_lines - lines_before <= few_lines) as end_day
    from divided
),

counted as (
    select
        *,
        sum(lines) over (partition by part_no) as part_lines
    from divided
),

-- The part with the most lines is the shop; of equals the earliest.
ranked as (
    select
        *,
        dense_rank() over (order by part_lines desc, part_no) as part_rank
    from counted
),

-- So few lines so far away are mistyped dates rather than trade.
judged as (
    select
        ranked.day,
        ranked.lines,
        ranked.all_lines,
        ranked.part_rank > 1 and (ranked.part_lines = 1 or ranked.part_lines <= ranked.few_lines) as is_lone
    from ranked
    cross join bounds
    where ranked.part_rank > 1 or ranked.day < bounds.first_day or ranked.day >= bounds.end_day
)

select * from judged
