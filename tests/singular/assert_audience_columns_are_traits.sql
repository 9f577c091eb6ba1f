-- Each trait of seeds/audience_columns.csv is card_id or a trait of member_overview.
{%- set columns = graph.nodes['model.customer_segmentation.member_overview'].columns | list if execute else [''] %}
with audience_columns as (
    select * from {{ ref('audience_columns') }}
),

columns_of_members as (
    select unnest({{ columns }}) as column_name
)

select trait from audience_columns
where
    trait not in (select column_name from columns_of_members)
    and trait not in (
        select regexp_replace(column_name, '_(code|(name|text)(_zh|_en)?)$', '') from columns_of_members
    )
