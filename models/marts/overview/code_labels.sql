{%- set seeds = {
    'gender': 'genders', 'age_band': 'age_bands', 'day_part': 'day_parts', 'weekday': 'weekdays',
    'price_band': 'price_bands', 'frequency_band': 'frequency_bands', 'state': 'life_cycle_states',
    'method': 'forecast_methods', 'repair': 'repairs', 'part': 'purchasing_power_parts'
} -%}
with segments as (
    select * from {{ ref('segment_summary') }}
),

customer_types as (
    {{ fitting_texts(ref('customer_types'), ['customer_type']) }}
),

cleaning_steps as (
    {{ fitting_texts(ref('cleaning_steps'), ['table_name', 'step']) }}
),

-- Of codes that several rows of a seed have, and of the segments of this build, one.
labels as (
    {% for column, seed in seeds.items() -%}
    select
        '{{ column }}' as code_set,
        cast({{ column }} as string) as code,
        name_zh,
        name_en
    from {{ ref(seed) }}
    union all
    {% endfor -%}
    select
        'previous_month_level' as code_set,
        level as code,
        name_zh,
        name_en
    from {{ ref('drift_bands') }}
    union all
    select
        'member_growth_level' as code_set,
        level as code,
        name_zh,
        name_en
    from {{ ref('growth_levels') }}
    union all
    select
        profile as code_set,
        level as code,
        name_zh,
        name_en
    from {{ ref('profile_bands') }}
    union all
    select distinct
        rule_set as code_set,
        code,
        name_zh,
        name_en
    from {{ ref('rfm_rules') }}
    union all
    select distinct
        'season' as code_set,
        season as code,
        name_zh,
        name_en
    from {{ ref('seasons') }}
    union all
    select
        'customer_type' as code_set,
        customer_type as code,
        name_zh,
        name_en
    from customer_types
    union all
    select
        table_name || '_step' as code_set,
        step as code,
        name_zh,
        name_en
    from cleaning_steps
    union all
    select
        table_name || '_reason' as code_set,
        reason as code,
        name_zh,
        name_en
    from {{ ref('reject_reasons') }}
    union all
    select
        list_name || '_reason' as code_set,
        reason as code,
        name_zh,
        name_en
    from {{ ref('list_reasons') }}
    union all
    select
        'clv_models_reason' as code_set,
        reason as code,
        name_zh,
        name_en
    from {{ ref('clv_refusals') }}
    union all
    select
        'segment_code' as code_set,
        segment_code as code,
        segment_name_zh as name_zh,
        segment_name_en as name_en
    from segments
    union all
    select
        'segment' as code_set,
        cast(segment as string) as code,
        segment_name_zh as name_zh,
        segment_name_en as name_en
    from segments
)

select * from labels
order by code_set, code
