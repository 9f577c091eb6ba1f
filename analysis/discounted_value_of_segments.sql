-- What is the amount that the models expect of each segment worth today, discounted? One row per segment and horizon.
select
    segments.segment_name_en as segment,
    expected.horizon_days,
    count(*) as members,
    round(sum(expected.expected_value order by expected.card_id), 2) as expected_by_the_models,
    round(sum(expected.discounted_value order by expected.card_id), 2) as discounted_value
from {{ ref('member_expected_purchases') }} as expected
inner join {{ ref('member_segments') }} as segments on expected.card_id = segments.card_id
where expected.expected_value is not null
group by segments.segment, segments.segment_name_en, expected.horizon_days
order by segments.segment, expected.horizon_days
