with overrides as (
    select * from {{ ref('int_segment_overrides') }}
),

buyers as (
    select * from {{ ref('int_buyer_segments') }}
),

reasons as (
    select * from {{ ref('list_reasons') }}
    where list_name = 'segment_overrides'
),

segments as (
    select distinct
        segment_code,
        segment_name_zh,
        segment_name_en
    from buyers
),

classified as (
    select
        overrides.source_file,
        overrides.row_no,
        overrides.line_no,
        overrides.card_id,
        overrides.merged_card_id,
        overrides.segment_code,
        overrides.override_reason,
        overrides.expiry_date,
        segments.segment_name_zh,
        segments.segment_name_en,
        coalesce(
            overrides.reason,
            case
                when segments.segment_code is null then 'unknown_segment'
                when buyers.card_id is null then 'no_buyer'
            end
        ) as reason,
        overrides.raw_text
    from overrides
    left join segments on overrides.segment_code = segments.segment_code
    left join buyers on overrides.card_id = buyers.card_id
),

with_labels as (
    select
        classified.*,
        reasons.name_zh as reason_name_zh,
        reasons.name_en as reason_name_en
    from classified
    left join reasons on classified.reason = reasons.reason
)

select * from with_labels
order by source_file, row_no
