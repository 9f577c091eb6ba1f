with buyer_months as (
    select * from {{ ref('int_buyer_month_clusters') }}
),

cut_points as (
    select * from {{ ref('rfm_cut_points') }}
),

rules as (
    select * from {{ ref('rfm_rules') }}
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
),

one_to_five as (
    select scores.score from (values (1), (2), (3), (4), (5)) as scores (score)
),

-- Every combination of scores with its codes: few rows to be joined to many.
cells as (
    select
        r.score as r_score,
        f.score as f_score,
        m.score as m_score,
        max(rules.code) filter (where rules.rule_set = 'rfm_class') as rfm_class,
        max(rules.code) filter (where rules.rule_set = 'rfm_group') as rfm_group
    from one_to_five as r
    cross join one_to_five as f
    cross join one_to_five as m
    inner join rules
        on
            r.score between rules.r_from and rules.r_to
            and f.score between rules.f_from and rules.f_to
            and m.score between rules.m_from and rules.m_to
            and f.score + m.score between rules.f_plus_m_from and rules.f_plus_m_to
    group by r.score, f.score, m.score
),

history as (
    select
        scores.*,
        cells.rfm_class,
        cells.rfm_group
    from scores
    inner join cells
        on
            scores.r_score = cells.r_score
            and scores.f_score = cells.f_score
            and scores.m_score = cells.m_score
)

select * from history
order by month_start, card_id
