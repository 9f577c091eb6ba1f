with members as (
    select * from {{ ref('member_rows') }}
),

-- The first registration of the card, whether or not its time could be read.
first_registrations as (
    select * from members
    where reason is null or reason in ('no_registration_time', 'bad_registration_time')
),

conflicts as (
    select
        later.card_id,
        first_registrations.source_file as kept_source_file,
        first_registrations.row_no as kept_row_no,
        later.source_file as rejected_source_file,
        later.row_no as rejected_row_no,
        first_registrations.registered_at as kept_registered_at,
        later.registered_at as rejected_registered_at,
        first_registrations.birth_date as kept_birth_date,
        later.birth_date as rejected_birth_date,
        first_registrations.gender as kept_gender,
        later.gender as rejected_gender,
        first_registrations.age_band as kept_age_band,
        later.age_band as rejected_age_band
    from members as later
    inner join first_registrations on later.card_id = first_registrations.card_id
    where later.reason = 'conflicting_duplicate'
)

select * from conflicts
order by rejected_source_file, rejected_row_no
