-- Every combination of scores 1 to 5 has exactly one segment in each rule set.
with scores as (
    select unnest([1, 2, 3, 4, 5]) as score
),

rule_sets as (
    select distinct rule_set from {{ ref('rfm_rules') }}
),

cells as (
    select
        rule_sets.rule_set,
        r.score as r_score,
        f.score as f_score,
        m.score as m_score
    from rule_sets
    cross join scores as r
    cross join scores as f
    cross join scores as m
)

select
    cells.rule_set,
    cells.r_score,
    cells.f_score,
    cells.m_score,
    count(rules.code) as segments
from cells
left join {{ ref('rfm_rules') }} as rules
    on
        cells.rule_set = rules.rule_set
        and cells.r_score between rules.r_from and rules.r_to
        and cells.f_score between rules.f_from and rules.f_to
        and cells.m_score between rules.m_from and rules.m_to
        and cells.f_score + cells.m_score between rules.f_plus_m_from and rules.f_plus_m_to
group by cells.rule_set, cells.r_score, cells.f_score, cells.m_score
having count(rules.code) <> 1
