with members as (
    select * from {{ ref('members') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

segment_overrides as (
    select * from {{ ref('stg_segment_overrides') }}
),

card_merges as (
    select * from {{ ref('card_merges') }}
),

of_members as (
    {{ by_final_card('segment_overrides') }}
),

-- What is wrong with a row by itself, of several the first.
checked as (
    select
        of_members.*,
        case
            when of_members.unreadable_reason is not null then 'unreadable'
            when of_members.card_id is null then 'no_card_number'
            when of_members.segment_code is null then 'no_segment'
            when of_members.override_reason is null then 'no_reason'
            when of_members.expiry_date is null and of_members.raw_expiry_date is not null then 'bad_expiry_date'
            when members.card_id is null then 'unknown_card'
            when of_members.expiry_date < as_of.as_of then 'expired'
        end as own_reason
    from of_members
    cross join as_of
    left join members on of_members.card_id = members.card_id
),

compared as (
    select
        source_file,
        row_no,
        line_no,
        card_id,
        merged_card_id,
        segment_code,
        override_reason,
        expiry_date,
        coalesce(
            own_reason,
            case
                when min(segment_code) over of_member <> max(segment_code) over of_member then 'several_segments'
                when
                    row_number() over (partition by card_id, own_reason order by source_file, row_no) > 1
                    then 'repeated'
            end
        ) as reason,
        {{ unread_values(['expiry_date']) }} as raw_text
    from checked
    window of_member as (partition by card_id, own_reason)
)

select * from compared
