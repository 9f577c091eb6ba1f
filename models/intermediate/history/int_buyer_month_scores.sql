{{ config(materialized='view') }}

with buyer_months as (
    select * from {{ ref('int_buyer_months') }}
),

cut_points as (
    select * from {{ ref('rfm_cut_points') }}
),

cut_points_by_feature as (
    select
        list(cut_point) filter (where feature = 'r') as r,
        list(cut_point) filter (where feature = 'f') as f,
        list(cut_point) filter (where feature = 'm') as m
    from cut_points
),

-- A score counts the cut points that a value has passed, so that equal values have equal scores.
scores as (
    select
        buyer_months.*,
        cast(1 + len(list_filter(cut_points.r, lambda cut_point: buyer_months.r <= cut_point)) as integer) as r_score,
        cast(1 + len(list_filter(cut_points.f, lambda cut_point: buyer_months.f > cut_point)) as integer) as f_score,
        cast(1 + len(list_filter(cut_points.m, lambda cut_point: buyer_months.m > cut_point)) as integer) as m_score
    from buyer_months
    cross join cut_points_by_feature as cut_points
)

select * from scores
