with card_merges as (
    select * from {{ source('raw', 'card_merges') }}
),

cleaned as (
    select
        source_file,
        row_no,
        line_no,
        {{ clean_key('card_id') }} as card_id,
        {{ clean_key('merged_into') }} as merged_into,
        unreadable_text,
        unreadable_reason
    from card_merges
)

select * from cleaned
