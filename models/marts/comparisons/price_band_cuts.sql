with cuts as (
    select * from {{ ref('int_price_band_cuts') }}
),

counters as (
    select * from {{ ref('int_items') }}
    where level = 'counter'
),

with_counter_name as (
    select
        cuts.counter_code,
        counters.item_name as counter_name,
        cuts.lines,
        cuts.has_own_cuts,
        cuts.band_no,
        cuts.price_band,
        cuts.name_zh,
        cuts.name_en,
        cuts.above_price,
        cuts.up_to_price
    from cuts
    left join counters on cuts.counter_code = counters.item_code
)

select * from with_counter_name
order by counter_code, band_no
