{#- Each set of codes: SQL of its name, the column of the codes, and the relation that has them and their names. -#}
{%- set code_sets = [
    ("'gender'", 'gender', ref('genders')),
    ("'age_band'", 'age_band', ref('age_bands')),
    ("'day_part'", 'day_part', ref('day_parts')),
    ("'weekday'", 'weekday', ref('weekdays')),
    ("'season'", 'season', ref('seasons')),
    ("'price_band'", 'price_band', ref('price_bands')),
    ("'frequency_band'", 'frequency_band', ref('frequency_bands')),
    ("'state'", 'state', ref('life_cycle_states')),
    ("'method'", 'method', ref('forecast_methods')),
    ("'repair'", 'repair', ref('repairs')),
    ("'part'", 'part', ref('purchasing_power_parts')),
    ("'previous_month_level'", 'level', ref('drift_bands')),
    ("'member_growth_level'", 'level', ref('growth_levels')),
    ("'clv_models_reason'", 'reason', ref('clv_refusals')),
    ("profile", 'level', ref('int_profile_bands')),
    ("rule_set", 'code', ref('rfm_rules')),
    ("table_name || '_reason'", 'reason', ref('reject_reasons')),
    ("list_name || '_reason'", 'reason', ref('list_reasons')),
    ("table_name || '_step'", 'step', 'cleaning_steps'),
    ("'customer_type'", 'customer_type', 'customer_types'),
    ("'segment'", 'segment', 'segments'),
    ("'segment_code'", 'segment_code', 'segments'),
] -%}
with segments as (
    select
        segment,
        segment_code,
        segment_name_zh as name_zh,
        segment_name_en as name_en
    from {{ ref('segment_summary') }}
),

customer_types as (
    {{ fitting_texts(ref('customer_types'), ['customer_type']) }}
),

cleaning_steps as (
    {{ fitting_texts(ref('cleaning_steps'), ['table_name', 'step']) }}
),

-- A code can have several rows in its seed.
labels as (
    {% for name, column, relation in code_sets -%}
    select distinct
        {{ name }} as code_set,
        cast({{ column }} as string) as code,
        name_zh,
        name_en
    from {{ relation }}
    {{ "union all" if not loop.last }}
    {% endfor -%}
)

select * from labels
order by code_set, code
