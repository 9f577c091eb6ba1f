with cuts as (
    select * from {{ ref('int_price_band_cuts') }}
),

counters as (
    select * from {{ ref('int_items') }}
    where level = 'counter'
)

select
    cuts.counter_code,
    counters.item_name as counter_name,
    cuts.lines,
    cuts.has_own_cuts,
    cuts.band_no,
    cuts.price_band,
    cuts.label_zh,
    cuts.label_en,
    cuts.above_price,
    cuts.up_to_price
from cuts
left join counters on cuts.counter_code = counters.item_code
order by cuts.counter_code, cuts.band_no
