with members as (
    select * from {{ ref('stg_members') }}
),

raw_columns as (
    select * from {{ ref('raw_columns') }}
),

-- A shop whose member table has no registration time registers every row.
recorded as (
    select coalesce(bool_or(raw_column_name is not null), false) as has_registration_time
    from raw_columns
    where table_name = 'members' and column_name = 'registered_at'
),

plausible as (
    select
        * exclude (registered_at),
        case when {{ is_plausible('registered_at') }} then registered_at end as registered_at
    from members
),

-- The first registration of a card is the one that counts.
ranked as (
    select
        *,
        row_number() over registrations_of_card as registration_no,
        struct_pack(registered_at, birth_date, gender, age_band) as registration, -- equal also where both lack a value
        first_value(struct_pack(registered_at, birth_date, gender, age_band)) over registrations_of_card
            as first_registration
    from plausible
    window registrations_of_card as (partition by card_id order by registered_at nulls last, row_no)
),

classified as (
    select
        ranked.row_no,
        ranked.card_id,
        ranked.gender,
        ranked.age_band,
        ranked.has_birth_date_text,
        ranked.birth_date,
        ranked.registered_at,
        case
            when ranked.is_unreadable then 'unreadable'
            when ranked.card_id is null then 'no_card_number'
            when ranked.registration_no > 1 and ranked.registration = ranked.first_registration
                then 'duplicate_row'
            when ranked.registration_no > 1 then 'conflicting_duplicate'
            when not recorded.has_registration_time then null
            when ranked.registered_at is null and ranked.has_registration_text then 'bad_registration_time'
            when ranked.registered_at is null then 'no_registration_time'
        end as reason
    from ranked
    cross join recorded
)

select * from classified
