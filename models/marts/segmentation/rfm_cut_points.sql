with cut_points as (
    select * from {{ ref('int_rfm_cut_points') }}
)

select
    feature,
    share,
    cut_point
from cut_points
order by feature, share
