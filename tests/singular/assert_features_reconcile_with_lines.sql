with lines as (
    select
        sum(vip_info.amount) as amount,
        sum(vip_info.points) as points
    from {{ ref('vip_info') }} as vip_info
    cross join {{ ref('int_as_of') }} as as_of
    where vip_info.purchased_at < as_of.as_of and vip_info.registered_at < as_of.as_of
),

features as (
    select
        sum(m) as amount,
        sum(p) as points
    from {{ ref('lrfmpsx') }}
)

select
    lines.amount,
    features.amount as feature_amount
from lines
cross join features
where
    lines.amount is distinct from features.amount
    or lines.points is distinct from features.points
