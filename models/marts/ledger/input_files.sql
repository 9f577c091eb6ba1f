with raw_members as (
    select * from {{ ref('raw_members') }}
),

raw_sales_lines as (
    select * from {{ ref('raw_sales_lines') }}
),

sales_lines as (
    select * from {{ ref('int_sales_lines_classified') }}
),

members as (
    select * from {{ ref('int_members_classified') }}
    where reason is null
),

files as (
    select
        'members' as table_name,
        source_file,
        count(*) as raw_rows,
        count(unreadable_reason) as unreadable_rows,
        min(row_no) filter (where unreadable_reason is null) as first_row_no,
        max(row_no) filter (where unreadable_reason is null) as last_row_no
    from raw_members
    group by source_file
    union all
    select
        'sales_lines' as table_name,
        source_file,
        count(*) as raw_rows,
        count(unreadable_reason) as unreadable_rows,
        min(row_no) filter (where unreadable_reason is null) as first_row_no,
        max(row_no) filter (where unreadable_reason is null) as last_row_no
    from raw_sales_lines
    group by source_file
),

-- The readable rows of a file follow each other.
moments as (
    select
        files.source_file,
        min(sales_lines.purchased_at) as first_purchased_at,
        max(sales_lines.purchased_at) as last_purchased_at
    from files
    inner join sales_lines
        on sales_lines.row_no >= files.first_row_no and sales_lines.row_no <= files.last_row_no
    where files.table_name = 'sales_lines'
    group by files.source_file
),

last_sale as (
    select max(last_purchased_at) as purchased_at from moments
),

-- Members still register when no sale is left: the sales lack their end.
late_registrations as (
    select count(*) as members
    from members
    cross join last_sale
    where members.registered_at > last_sale.purchased_at + interval 31 day
),

checked as (
    select
        files.table_name,
        files.source_file,
        files.raw_rows,
        files.unreadable_rows,
        moments.first_purchased_at,
        moments.last_purchased_at,
        -- What a sheet of a spreadsheet holds below its header, in the present and in the old form.
        files.raw_rows in (1048575, 65535) as is_full_sheet,
        coalesce(
            moments.last_purchased_at = last_sale.purchased_at and late_registrations.members >= 10, false
        ) as ends_early
    from files
    cross join last_sale
    cross join late_registrations
    left join moments on files.table_name = 'sales_lines' and files.source_file = moments.source_file
)

select * from checked
order by table_name, source_file
