with files as (
    select * from {{ ref('stg_files') }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

days as (
    select * from {{ ref('int_file_days') }}
),

members as (
    select * from {{ ref('member_rows') }}
    where reason is null
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

overlap_text as (
    select above_share from {{ ref('finding_texts') }}
    where finding = 'overlapping_files'
),

moments as (
    select
        source_file,
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at
    from sales_lines
    where reason is distinct from 'lone_day'
    group by source_file
),

last_sale as (
    select max(last_purchased_at) as purchased_at from moments
),

-- Members still register when no sale is left: the sales lack their end. Years later nobody does who is not mistyped.
late_registrations as (
    select count(*) as members
    from members
    cross join last_sale
    where
        members.registered_at > last_sale.purchased_at + interval 31 day
        and members.registered_at < last_sale.purchased_at + interval 1 year
),

-- Of the files read before, the one with which most lines are equal.
equal_lines as (
    select
        source_file,
        other_file,
        count(*) as equal_lines
    from {{ ref('int_lines_of_other_files') }}
    group by source_file, other_file
    qualify row_number() over (partition by source_file order by equal_lines desc, other_file) = 1
),

shared as (
    select
        equal_lines.source_file,
        equal_lines.other_file,
        equal_lines.equal_lines,
        count(*) as shared_days,
        cast(sum(days.lines) as bigint) as lines_of_shared_days
    from equal_lines
    inner join days on equal_lines.source_file = days.source_file
    inner join days as other_days on equal_lines.other_file = other_days.source_file and days.day = other_days.day
    group by all
),

checked as (
    select
        files.table_name,
        files.source_file,
        files.part > 0 as is_joined,
        files.raw_rows,
        files.unreadable_rows,
        files.sheets_left_out,
        moments.first_purchased_at,
        moments.last_purchased_at,
        -- What a sheet of a spreadsheet holds, in the present and in the old form, less a header and titles.
        files.raw_rows between 1048570 and 1048576 or files.raw_rows between 65530 and 65536 as is_full_sheet,
        coalesce(
            moments.last_purchased_at = last_sale.purchased_at and late_registrations.members >= 10, false
        ) as ends_early,
        shared.other_file as overlaps_with,
        shared.shared_days,
        shared.lines_of_shared_days,
        shared.equal_lines,
        -- Different shops sell the same on the same day now and then, exports of the same sales differ little.
        coalesce(
            shared.equal_lines > overlap_text.above_share * shared.lines_of_shared_days
            and not retailer.has_overlapping_files,
            false
        ) as counts_twice
    from files
    cross join last_sale
    cross join retailer
    cross join overlap_text
    cross join late_registrations
    left join moments
        on files.table_name = 'sales_lines' and files.part = 0 and files.source_file = moments.source_file
    left join shared
        on files.table_name = 'sales_lines' and files.part = 0 and files.source_file = shared.source_file
)

select * from checked
order by table_name, source_file, is_joined
