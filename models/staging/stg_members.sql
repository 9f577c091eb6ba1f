with raw_members as (
    select * from {{ ref('raw_members') }}
),

raw_codes as (
    select * from {{ ref('raw_codes') }}
),

cast_columns as (
    select
        row_no,
        {{ clean_text('card_id') }} as card_id,
        {{ clean_text('gender') }} as gender_value,
        {{ clean_text('age_band') }} as age_band_value,
        registered_at is not null as has_registration_text,
        birth_date is not null as has_birth_date_text,
        unreadable_reason is not null as is_unreadable,
        cast(coalesce(birth_date_parsed, {{ to_moment('birth_date') }}) as date) as birth_date,
        coalesce(registered_at_parsed, {{ to_moment('registered_at') }}) as registered_at
    from raw_members
),

coded as (
    select
        cast_columns.row_no,
        cast_columns.card_id,
        gender_codes.code as gender,
        age_band_codes.code as age_band,
        cast_columns.has_registration_text,
        cast_columns.has_birth_date_text,
        cast_columns.is_unreadable,
        cast_columns.birth_date,
        cast_columns.registered_at
    from cast_columns
    left join raw_codes as gender_codes
        on
            gender_codes.table_name = 'members'
            and gender_codes.column_name = 'gender'
            and cast_columns.gender_value = gender_codes.raw_value
    left join raw_codes as age_band_codes
        on
            age_band_codes.table_name = 'members'
            and age_band_codes.column_name = 'age_band'
            and cast_columns.age_band_value = age_band_codes.raw_value
)

select * from coded
