{{ config(materialized='view') }}

with buyer_months as (
    select * from {{ ref('int_buyer_months') }}
),

cut_points as (
    select * from {{ ref('rfm_cut_points') }}
),

cut_points_by_feature as (
    select
        {% for feature in ['r', 'f', 'm'] -%}
        {% for share in var('rfm_cut_shares') -%}
        max(cut_point) filter (where feature = '{{ feature }}' and share = {{ share }})
            as {{ feature }}_{{ loop.index }},
        {% endfor -%}
        {% endfor -%}
        count(*) as cut_points
    from cut_points
),

-- A score counts the cut points that a value has passed, so that equal values have equal scores.
scores as (
    select
        buyer_months.*,
        {% for feature, passes in {'r': '<=', 'f': '>', 'm': '>'}.items() -%}
        1
        {% for share in var('rfm_cut_shares') -%}
        + cast(buyer_months.{{ feature }} {{ passes }} cut_points.{{ feature }}_{{ loop.index }} as integer)
        {% endfor -%}
        as {{ feature }}_score{{ "," if not loop.last }}
        {% endfor %}
    from buyer_months
    cross join cut_points_by_feature as cut_points
)

select * from scores
