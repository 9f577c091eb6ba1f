-- After how many days without a purchase is a member slowing, silent or lost? One row per frequency band.
select
    coalesce(frequency_band_name_en, 'All bands') as purchases_so_far,
    gaps,
    slowing_after_days,
    silent_after_days,
    lost_after_days
from {{ ref('life_cycle_thresholds') }}
order by lower_bound
