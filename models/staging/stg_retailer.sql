with retailer as (
    select * from {{ source('raw', 'retailer') }}
)

select * from retailer
