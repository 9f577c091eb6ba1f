with models as (
    select * from {{ ref('int_clv_models') }}
),

refusals as (
    select * from {{ ref('clv_refusals') }}
),

explained as (
    select
        models.*,
        refusals.name_zh as reason_name_zh,
        refusals.name_en as reason_name_en
    from models
    left join refusals on models.reason = refusals.reason
)

select * from explained
order by sample, model
