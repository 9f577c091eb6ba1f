with segments as (
    select * from {{ ref('int_buyer_segments') }}
),

segment_names as (
    select * from {{ ref('segment_names') }}
),

named as (
    select
        segments.card_id,
        segments.segment,
        segment_names.segment_code,
        segment_names.name_zh as segment_name_zh,
        segment_names.name_en as segment_name_en
    from segments
    left join segment_names
        on segments.n_clusters = segment_names.n_clusters and segments.segment = segment_names.segment
)

select * from named
order by card_id
