{%- set registration = values_of(['registered_at', 'birth_date', 'gender', 'age_band']) -%}
with retailer as (
    select * from {{ ref('stg_retailer') }}
),

card_merges as (
    select * from {{ ref('card_merges') }}
),

rows_of_files as (
    select * from {{ ref('stg_members') }}
),

members as (
    {{ by_final_card('rows_of_files') }}
),

-- The first registration of a card, of all cards of a person, is the one that counts.
ranked as (
    select
        *,
        row_number() over registrations_of_card as registration_no,
        {{ registration }} as registration,
        first_value({{ registration }}) over registrations_of_card as first_registration,
        coalesce(merged_card_id, card_id) as own_card_id,
        first_value(coalesce(merged_card_id, card_id)) over registrations_of_card as first_card_id
    from members
    window registrations_of_card as (
        partition by card_id order by registered_at nulls last, source_file, row_no
    )
),

-- A shop whose member table has no registration time registers every row.
classified as (
    select
        ranked.source_file,
        ranked.row_no,
        ranked.line_no,
        ranked.card_id,
        ranked.gender,
        ranked.age_band,
        ranked.birth_date,
        ranked.raw_birth_date is not null as has_birth_date_text,
        ranked.raw_gender is not null as has_gender_text,
        ranked.registered_at,
        case
            when ranked.unreadable_reason is not null then 'unreadable'
            when ranked.card_id is null then 'no_card_number'
            when ranked.own_card_id <> ranked.first_card_id then 'other_card_of_person'
            when ranked.registration_no > 1 and ranked.registration = ranked.first_registration
                then 'duplicate_row'
            when ranked.registration_no > 1 then 'conflicting_duplicate'
            when not retailer.has_registered_at then null
            when ranked.registered_at is null and ranked.raw_registered_at is not null then 'bad_registration_time'
            when ranked.registered_at is null then 'no_registration_time'
        end as reason,
        {{ unread_values(['card_id', 'gender', 'age_band', 'birth_date', 'registered_at']) }} as raw_text,
        ranked.merged_card_id
    from ranked
    cross join retailer
)

select * from classified
