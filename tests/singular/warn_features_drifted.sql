{{ config(severity='warn') }}
-- The distributions of the last complete month moved far from those of the month before; L moves with every month.
select *
from {{ ref('feature_drift') }}
where
    feature <> 'l'
    and month_start = (
        select max(month_start) from {{ ref('life_cycle_by_month') }}
        where month_status = 'complete' and month_start in (select month_start from {{ ref('feature_drift') }})
    )
    and previous_month_level = 'large'
