-- Which members of the most valuable segment have not bought for 90 days or more? Highest spending first.
select
    profile.card_id,
    features.m as amount,
    features.f as orders,
    profile.days_since_last_purchase
from {{ ref('consumers_profile') }} as profile
inner join {{ ref('lrfmpsx') }} as features on profile.card_id = features.card_id
where profile.segment = 1 and profile.days_since_last_purchase >= 90
order by features.m desc, profile.card_id
