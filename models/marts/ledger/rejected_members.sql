with raw_members as (
    select * from {{ ref('raw_members') }}
),

classified as (
    select * from {{ ref('int_members_classified') }}
    where reason is not null
),

reasons as (
    select * from {{ ref('reject_reasons') }}
    where table_name = 'members'
),

rejected as (
    select
        raw_members.row_no,
        raw_members.card_id,
        raw_members.birth_date,
        raw_members.age_band,
        raw_members.gender,
        raw_members.registered_at,
        reasons.reason,
        reasons.label_zh as reason_zh,
        reasons.label_en as reason_en,
        raw_members.unreadable_text,
        raw_members.source_file,
        raw_members.line_no
    from raw_members
    inner join classified on raw_members.row_no = classified.row_no
    left join reasons on classified.reason = reasons.reason
)

select * from rejected
