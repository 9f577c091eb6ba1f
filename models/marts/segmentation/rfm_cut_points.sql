with buyers as (
    select * from {{ ref('lrfmpsx') }}
),

cut_points as (
    {% for feature in ['r', 'f', 'm'] -%}
    select
        '{{ feature }}' as feature,
        cast(unnest({{ var('rfm_cut_shares') }}) as double) as share,
        unnest(quantile_disc(cast({{ feature }} as double), {{ var('rfm_cut_shares') }})) as cut_point
    from buyers
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from cut_points
order by feature, share
