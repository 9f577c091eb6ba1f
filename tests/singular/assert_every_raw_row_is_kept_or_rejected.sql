-- Every raw row stands once in its table, and is kept or rejected.
with counts as (
    select
        'sales_lines' as table_name,
        (select count(*) from {{ source('raw', 'sales_lines') }}) as raw_rows,
        (select count(*) from {{ ref('vip_info') }}) as kept,
        (select count(*) from {{ ref('rejected_sales_lines') }}) as rejected
    union all
    select
        'members' as table_name,
        (select count(*) from {{ source('raw', 'members') }}) as raw_rows,
        (
            select count(*) from {{ ref('members') }}
            where (select has_member_table from {{ ref('stg_retailer') }})
        ) as kept,
        (select count(*) from {{ ref('rejected_members') }}) as rejected
)

select * from counts
where raw_rows <> kept + rejected
