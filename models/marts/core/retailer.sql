with retailer as (
    select
        retailer,
        currency,
        holidays,
        has_member_table,
        has_registered_at,
        has_quantity,
        has_points,
        has_counters,
        has_overlapping_files,
        require_points
    from {{ ref('stg_retailer') }}
)

select * from retailer
