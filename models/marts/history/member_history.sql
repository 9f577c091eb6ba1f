with buyer_months as (
    select * from {{ ref('int_buyer_month_clusters') }}
),

cells as (
    select * from {{ ref('int_rfm_cells') }}
),

history as (
    select
        buyer_months.card_id,
        buyer_months.month_start,
        buyer_months.month_end,
        buyer_months.l,
        buyer_months.r,
        buyer_months.f,
        buyer_months.m,
        buyer_months.p,
        buyer_months.segment,
        buyer_months.r_score,
        buyer_months.f_score,
        buyer_months.m_score,
        cells.rfm_class,
        cells.rfm_group
    from buyer_months
    inner join cells
        on
            buyer_months.r_score = cells.r_score
            and buyer_months.f_score = cells.f_score
            and buyer_months.m_score = cells.m_score
)

select * from history
order by month_start, card_id
