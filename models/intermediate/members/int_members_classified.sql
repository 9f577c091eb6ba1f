with members as (
    select * from {{ ref('stg_members') }}
),

raw_columns as (
    select * from {{ ref('raw_columns') }}
),

-- A shop whose member table has no registration time registers every row.
registration as (
    select coalesce(bool_or(raw_column_name is not null), false) as is_recorded
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
        first_value(registered_at) over registrations_of_card is not distinct from registered_at
        and first_value(birth_date) over registrations_of_card is not distinct from birth_date
        and first_value(gender) over registrations_of_card is not distinct from gender as repeats_first
    from plausible
    window registrations_of_card as (
        partition by card_id order by registered_at nulls last, row_no
        rows between unbounded preceding and unbounded following
    )
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
            when ranked.registration_no > 1 and ranked.repeats_first then 'duplicate_row'
            when ranked.registration_no > 1 then 'conflicting_duplicate'
            when not registration.is_recorded then null
            when ranked.registered_at is null and ranked.has_registration_text then 'bad_registration_time'
            when ranked.registered_at is null then 'no_registration_time'
        end as reason
    from ranked
    cross join registration
)

select * from classified
