with buyers as (
    select * from {{ ref('int_buyer_segments') }}
),

overrides as (
    select * from {{ ref('segment_overrides') }}
    where reason is null
),

overridden as (
    select
        buyers.*,
        overrides.segment_code as override_segment_code,
        overrides.override_reason,
        coalesce(overrides.segment_code, buyers.segment_code) as effective_segment_code,
        coalesce(overrides.segment_name_zh, buyers.segment_name_zh) as effective_segment_name_zh,
        coalesce(overrides.segment_name_en, buyers.segment_name_en) as effective_segment_name_en
    from buyers
    left join overrides on buyers.card_id = overrides.card_id
)

select * from overridden
order by card_id
