with segment_overrides as (
    select * from {{ source('raw', 'segment_overrides') }}
),

cleaned as (
    select
        source_file,
        row_no,
        line_no,
        {{ clean_key('card_id') }} as card_id,
        lower({{ clean_text('segment_code') }}) as segment_code,
        {{ clean_text('reason') }} as override_reason,
        cast(coalesce(expiry_date_parsed, {{ to_moment('expiry_date') }}) as date) as expiry_date,
        expiry_date as raw_expiry_date,
        unreadable_text,
        unreadable_reason
    from segment_overrides
)

select * from cleaned
