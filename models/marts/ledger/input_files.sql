with files as (
    select * from {{ ref('stg_files') }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
    where reason is distinct from 'lone_day'
),

members as (
    select * from {{ ref('member_rows') }}
    where reason is null
),

moments as (
    select
        source_file,
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at
    from sales_lines
    group by source_file
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
        files.part > 0 as is_joined,
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
    left join moments
        on files.table_name = 'sales_lines' and files.part = 0 and files.source_file = moments.source_file
)

select * from checked
order by table_name, source_file, is_joined
