with recursive card_merges as (
    select * from {{ ref('stg_card_merges') }}
),

reasons as (
    select * from {{ ref('list_reasons') }}
    where list_name = 'card_merges'
),

links as (
    select distinct
        card_id,
        merged_into
    from card_merges
    where card_id <> merged_into
),

-- All cards that a card leads to.
{{ reached_by('links', 'card_id', 'merged_into') }},

circles as (
    select card_id from reached
    where card_id = reached_card_id
),

starts as (
    select distinct card_id from links
),

ends as (
    select
        reached.card_id,
        min(reached.reached_card_id) filter (where starts.card_id is null) as final_card_id,
        count(*) filter (where starts.card_id is null) as final_cards,
        count(circles.card_id) > 0 as is_circle
    from reached
    left join starts on reached.reached_card_id = starts.card_id
    left join circles on reached.reached_card_id = circles.card_id
    group by reached.card_id
),

listed as (
    select card_id from links
    union
    select merged_into as card_id from links
),

-- Where the list is empty, no line is looked at.
known as (
    select lines.card_id
    from {{ ref('stg_sales_lines') }} as lines
    semi join listed on lines.card_id = listed.card_id
    union
    select members.card_id
    from {{ ref('stg_members') }} as members
    semi join listed on members.card_id = listed.card_id
),

-- Of the reasons, the first that applies.
classified as (
    select
        card_merges.source_file,
        card_merges.row_no,
        card_merges.line_no,
        card_merges.card_id,
        card_merges.merged_into,
        ends.final_card_id,
        case
            when card_merges.unreadable_reason is not null then 'unreadable'
            when card_merges.card_id is null then 'no_card_number'
            when card_merges.merged_into is null then 'not_merged'
            when card_merges.card_id = card_merges.merged_into then 'into_itself'
            when ends.is_circle then 'circle'
            when ends.final_cards > 1 then 'several_ends'
            when
                row_number() over (
                    partition by card_merges.card_id, card_merges.card_id <> card_merges.merged_into
                    order by card_merges.source_file, card_merges.row_no
                ) > 1 then 'repeated'
            when known.card_id is null then 'unknown_card'
            when known_ends.card_id is null then 'unknown_end'
        end as reason,
        card_merges.unreadable_text as raw_text
    from card_merges
    left join ends on card_merges.card_id = ends.card_id
    left join known on card_merges.card_id = known.card_id
    left join known as known_ends on ends.final_card_id = known_ends.card_id
),

with_labels as (
    select
        classified.source_file,
        classified.row_no,
        classified.line_no,
        classified.card_id,
        classified.merged_into,
        case when classified.reason is null then classified.final_card_id end as final_card_id,
        classified.reason,
        reasons.name_zh as reason_name_zh,
        reasons.name_en as reason_name_en,
        classified.raw_text
    from classified
    left join reasons on classified.reason = reasons.reason
)

select * from with_labels
order by source_file, row_no
