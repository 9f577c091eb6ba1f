{{ config(materialized='view') }}

with measures as (
    select * from {{ ref('int_buyer_measures') }}
),

parts as (
    select * from {{ ref('purchasing_power_parts') }}
),

numbers as (
    select
        card_id,
        cast(columns(* exclude (card_id)) as double)
    from measures
),

-- What is not recorded has no row here.
recorded as (
    unpivot numbers on columns(* exclude (card_id)) into name part value part_value
),

-- Places from 0 to 1 among all buyers. Equal values share the middle of their places.
placed as (
    select
        recorded.card_id,
        recorded.part,
        parts.weight,
        parts.is_more_better,
        (
            percent_rank() over (partition by recorded.part order by recorded.part_value)
            + 1 - percent_rank() over (partition by recorded.part order by recorded.part_value desc)
        ) / 2 as place
    from recorded
    inner join parts on recorded.part = parts.part
),

weighted as (
    select
        card_id,
        part,
        weight,
        case when is_more_better then place else 1 - place end as place
    from placed
)

select * from weighted
