-- Each trait of seeds/audience_columns.csv is card_id or a trait of member_overview.
with audience_columns as (
    select * from {{ ref('audience_columns') }}
),

-- depends_on: {{ ref('member_overview') }}
columns_of_members as (
    select column_name from duckdb_columns()
    where schema_name = 'marts' and table_name = 'member_overview'
)

select trait from audience_columns
where
    trait not in (select column_name from columns_of_members)
    and trait not in (
        select regexp_replace(column_name, '_(code|(name|text)(_zh|_en)?)$', '') from columns_of_members
    )
