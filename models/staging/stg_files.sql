with files as (
    select * from {{ source('raw', 'files') }}
),

renamed as (
    select
        table_name,
        part,
        source_file,
        nullif(left_out, '') as sheets_left_out,
        raw_rows,
        unreadable_rows
    from files
)

select * from renamed
