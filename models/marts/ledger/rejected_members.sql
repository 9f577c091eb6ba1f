{{ config(materialized='view') }}

with rejected as (
    select * from {{ ref('member_rows').include(database=false) }}
    where reason is not null
),

reasons as (
    select * from {{ ref('reject_reasons').include(database=false) }}
    where table_name = 'members'
),

with_labels as (
    select
        rejected.source_file,
        rejected.row_no,
        rejected.line_no,
        rejected.card_id,
        rejected.gender,
        rejected.age_band,
        rejected.birth_date,
        rejected.registered_at,
        rejected.reason,
        reasons.name_zh as reason_name_zh,
        reasons.name_en as reason_name_en,
        rejected.raw_text,
        rejected.merged_card_id
    from rejected
    left join reasons on rejected.reason = reasons.reason
)

select * from with_labels
