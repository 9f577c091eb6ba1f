with models as (
    select * from {{ ref('int_clv_models') }}
),

refusals as (
    select * from {{ ref('clv_refusals') }}
),

explained as (
    select
        models.sample,
        models.model,
        models.customers,
        models.repeat_customers,
        models.r,
        models.alpha,
        models.a,
        models.b,
        models.p,
        models.q,
        models.v,
        models.log_likelihood,
        models.rank_correlation,
        models.reason,
        refusals.label_zh as reason_zh,
        refusals.label_en as reason_en
    from models
    left join refusals on models.reason = refusals.reason
)

select * from explained
order by sample, model
