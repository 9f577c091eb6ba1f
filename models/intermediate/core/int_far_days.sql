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
        coalesce(day > lag(day) over (order by day) + {{ var('far_days') }}, false) as is_after_gap
    from days
),

-- Parts of the data that are far from each other.
divided as (
    select
        day,
        lines,
        count(*) filter (where is_after_gap) over (order by day) as part_no
    from with_gaps
),

counted as (
    select
        *,
        sum(lines) over (partition by part_no) as part_lines,
        cast(sum(lines) over () as bigint) as all_lines
    from divided
),

-- The part with the most lines is the shop; of equals the earliest.
ranked as (
    select
        *,
        dense_rank() over (order by part_lines desc, part_no) as part_rank
    from counted
),

-- So few lines are mistyped dates rather than trade.
judged as (
    select
        day,
        lines,
        all_lines,
        part_lines = 1 or part_lines <= {{ var('far_share') }} * all_lines as is_lone
    from ranked
    where part_rank > 1
)

select * from judged
