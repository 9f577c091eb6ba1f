{{ config(severity='warn') }}
-- The distributions of the last complete month moved far from those of the month before; L moves with every month.
select drift.*
from {{ ref('feature_drift') }} as drift
inner join {{ ref('eda_coverage') }} as coverage on drift.month_start = coverage.month_start
where
    coverage.status = 'complete'
    and drift.feature <> 'l'
    and drift.month_start = (
        select max(month_start) from {{ ref('eda_coverage') }}
        where status = 'complete' and month_start in (select month_start from {{ ref('feature_drift') }})
    )
    and drift.previous_month_level = 'large'
