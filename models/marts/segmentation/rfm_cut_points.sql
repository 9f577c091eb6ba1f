with buyers as (
    select * from {{ ref('lrfmpsx') }}
),

cut_points as (
    {% for feature in ['r', 'f', 'm'] -%}
    {% for share in var('rfm_cut_shares') -%}
    {% if not (loop.first and feature == 'r') -%}
    union all
    {% endif -%}
    select
        '{{ feature }}' as feature,
        cast({{ share }} as double) as share,
        percentile_disc({{ share }}) within group (order by cast({{ feature }} as double)) as cut_point
    from buyers
    {% endfor -%}
    {%- endfor %}
)

select * from cut_points
order by feature, share
