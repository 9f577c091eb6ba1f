with rules as (
    select * from {{ ref('rfm_rules') }}
),

scores as (
    select scores.score from (values (1), (2), (3), (4), (5)) as scores (score)
),

cells as (
    select
        r.score as r_score,
        f.score as f_score,
        m.score as m_score
    from scores as r
    cross join scores as f
    cross join scores as m
),

matched as (
    select
        cells.*,
        rules.rule_set,
        rules.code
    from cells
    inner join rules
        on
            cells.r_score between rules.r_from and rules.r_to
            and cells.f_score between rules.f_from and rules.f_to
            and cells.m_score between rules.m_from and rules.m_to
            and cells.f_score + cells.m_score between rules.f_plus_m_from and rules.f_plus_m_to
),

named as (
    select
        r_score,
        f_score,
        m_score,
        max(code) filter (where rule_set = 'rfm_class') as rfm_class,
        max(code) filter (where rule_set = 'rfm_group') as rfm_group
    from matched
    group by r_score, f_score, m_score
)

select * from named
