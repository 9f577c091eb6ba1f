with raw_members as (
    select * from {{ source('raw', 'members') }}
),

raw_codes as (
    select
        table_name,
        column_name,
        {{ clean_key('raw_value') }} as clean_value,
        min(code) as code
    from {{ source('raw', 'codes') }}
    group by table_name, column_name, clean_value
),

cast_columns as (
    select
        *,
        {{ clean_key('card_id') }} as clean_card_id,
        {{ clean_key('gender') }} as gender_value,
        {{ clean_key('age_band') }} as age_band_value,
        cast(coalesce(birth_date_parsed, {{ to_moment('birth_date') }}) as date) as cast_birth_date,
        coalesce(registered_at_parsed, {{ to_moment('registered_at') }}) as moment
    from raw_members
),

coded as (
    select
        cast_columns.source_file,
        cast_columns.row_no,
        cast_columns.line_no,
        cast_columns.clean_card_id as card_id,
        gender_codes.code as gender,
        age_band_codes.code as age_band,
        cast_columns.cast_birth_date as birth_date,
        {{ plausible('cast_columns.moment') }} as registered_at,
        cast_columns.card_id as raw_card_id,
        cast_columns.gender as raw_gender,
        cast_columns.age_band as raw_age_band,
        cast_columns.birth_date as raw_birth_date,
        cast_columns.registered_at as raw_registered_at,
        cast_columns.unreadable_text,
        cast_columns.unreadable_reason
    from cast_columns
    left join raw_codes as gender_codes
        on
            gender_codes.table_name = 'members'
            and gender_codes.column_name = 'gender'
            and cast_columns.gender_value = gender_codes.clean_value
    left join raw_codes as age_band_codes
        on
            age_band_codes.table_name = 'members'
            and age_band_codes.column_name = 'age_band'
            and cast_columns.age_band_value = age_band_codes.clean_value
)

select * from coded
