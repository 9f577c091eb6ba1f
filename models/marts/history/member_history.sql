with buyer_months as (
    select * from {{ ref('int_buyer_months') }}
),

clusters as (
    select * from {{ ref('int_buyer_month_clusters') }}
),

scores as (
    select * from {{ ref('int_buyer_month_scores') }}
),

cells as (
    select * from {{ ref('int_rfm_cells') }}
)

select
    buyer_months.card_id,
    buyer_months.month_start,
    buyer_months.month_end,
    buyer_months.l,
    buyer_months.r,
    buyer_months.f,
    buyer_months.m,
    buyer_months.p,
    coalesce(clusters.segment, 1) as segment,
    scores.r_score,
    scores.f_score,
    scores.m_score,
    cells.rfm_class,
    cells.customer_group
from buyer_months
inner join scores
    on buyer_months.card_id = scores.card_id and buyer_months.month_start = scores.month_start
inner join cells
    on
        scores.r_score = cells.r_score
        and scores.f_score = cells.f_score
        and scores.m_score = cells.m_score
left join clusters
    on buyer_months.card_id = clusters.card_id and buyer_months.month_start = clusters.month_start
order by buyer_months.month_start, buyer_months.card_id
