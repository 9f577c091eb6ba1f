with items as (
    select * from {{ ref('int_items') }}
    where level = 'counter'
),

counters as (
    select
        item_code as counter_code,
        item_name as counter_name
    from items
)

select * from counters
order by counter_code
