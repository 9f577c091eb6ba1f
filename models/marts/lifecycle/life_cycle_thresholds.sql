with thresholds as (
    select * from {{ ref('int_life_cycle_thresholds') }}
),

frequency_bands as (
    select * from {{ ref('frequency_bands') }}
)

select
    thresholds.frequency_band,
    frequency_bands.label_zh as frequency_band_zh,
    frequency_bands.label_en as frequency_band_en,
    thresholds.gaps,
    thresholds.has_enough_gaps,
    cast(thresholds.slowing_after_days as bigint) as slowing_after_days,
    cast(thresholds.silent_after_days as bigint) as silent_after_days,
    cast(thresholds.lost_after_days as bigint) as lost_after_days
from thresholds
left join frequency_bands on thresholds.frequency_band = frequency_bands.frequency_band
order by thresholds.lower_bound
