{#- Columns of member_overview, each with those of its names; a number is its own name. -#}
{%- set tags = {
    'gender': 'gender_name', 'age_band': 'age_band_name', 'birth_decade': none,
    'membership_level': 'membership_level_name', 'day_part': 'day_part_name', 'state': 'state_name',
    'segment_code': 'segment_name', 'rfm_class': 'rfm_class_name', 'rfm_group': 'rfm_group_name', 'r_score': none,
    'f_score': none, 'm_score': none, 'favourite_counter_code': 'favourite_counter_name', 'action_code': 'action_text'
} -%}
with tags as (
    select * from {{ ref('tags') }}
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

member_rows as (
    select * from {{ ref('member_rows') }}
),

day_parts as (
    select * from {{ ref('day_parts') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

profile_bands as (
    select * from {{ ref('int_profile_bands') }}
),

rfm_rules as (
    select * from {{ ref('rfm_rules') }}
),

overview as (
    select
        *,
        favourite_counter_name as favourite_counter_name_zh,
        favourite_counter_name as favourite_counter_name_en
    from {{ ref('member_overview') }}
),

-- Only the scores that a rule bounds.
bounded_rules as (
    select
        *,
        concat_ws(
            ', ',
            {% for name, score, least, most in [
                ('R', 'r', 1, 5), ('F', 'f', 1, 5), ('M', 'm', 1, 5), ('F+M', 'f_plus_m', 2, 10),
            ] -%}
            case
                when {{ score }}_from > {{ least }} or {{ score }}_to < {{ most }}
                    then '{{ name }} ' || concat_ws('–', {{ score }}_from, nullif({{ score }}_to, {{ score }}_from))
            end{{ "," if not loop.last }}
            {% endfor %}
        ) as bounds
    from rfm_rules
),

members as (
    select count(*) as members from overview
),

counts as (
    {% for tag, name in tags.items() -%}
    select
        '{{ tag }}' as tag,
        cast({{ tag }} as string) as value,
        min(coalesce({{ name ~ '_zh' if name else 'null' }}, cast({{ tag }} as string))) as value_name_zh,
        min(coalesce({{ name ~ '_en' if name else 'null' }}, cast({{ tag }} as string))) as value_name_en,
        {{ "min(segment)" if tag == "segment_code" else "cast(null as integer)" }} as own_no,
        count(*) as members,
        count(*) filter (where orders > 0) as buyers,
        cast(sum(amount) as decimal(18, 2)) as amount
    from overview
    where {{ tag }} is not null
    group by {{ tag }}
    {{ "union all" if not loop.last }}
    {% endfor -%}
),

-- Whether any band is one that the retailer keeps itself, whatever the years of birth.
bands_of_retailer as (
    select count(age_band) > 0 as are_kept from member_rows
),

-- What a value means by itself, in signs that every language reads.
meanings as (
    select
        'age_band' as tag,
        age_band as value,
        birth_year_from as value_no,
        case
            when bands_of_retailer.are_kept then null
            when birth_year_from = min(birth_year_from) over () then '≤ ' || (birth_year_before - 1)
            when birth_year_from = max(birth_year_from) over () then '≥ ' || birth_year_from
            else birth_year_from || '–' || (birth_year_before - 1)
        end as meaning
    from age_bands
    cross join bands_of_retailer
    union all
    select
        'day_part' as tag,
        day_part as value,
        from_hour as value_no,
        from_hour || ':00–' || (to_hour - 1) || ':59' as meaning
    from day_parts
    union all
    select
        'state' as tag,
        state as value,
        sort_order as value_no,
        null as meaning
    from states
    union all
    select
        profile as tag,
        level as value,
        -lower_bound as value_no,
        '≥ ' || regexp_replace(cast(lower_bound as string), '[.]0+$', '') as meaning
    from profile_bands
    union all
    select
        rule_set as tag,
        code as value,
        min(sort_order) as value_no,
        {{ text_by('bounds', '; ', 'r_from desc, f_plus_m_from desc') }} as meaning
    from bounded_rules
    group by rule_set, code
),

dictionary as (
    select
        tags.tag,
        tags.tag_no,
        counts.value,
        cast(row_number() over (
            partition by tags.tag
            order by
                meanings.value_no nulls last,
                counts.own_no nulls last,
                case when tags.is_by_size then -counts.members end,
                try_cast(counts.value as integer) nulls last,
                counts.value
        ) as integer) as value_no,
        tags.name_zh as tag_name_zh,
        tags.name_en as tag_name_en,
        counts.value_name_zh,
        counts.value_name_en,
        tags.rule_zh,
        tags.rule_en,
        meanings.meaning,
        counts.members,
        counts.members / members.members as member_share,
        counts.buyers,
        counts.amount
    from counts
    inner join tags on counts.tag = tags.tag
    cross join members
    left join meanings on counts.tag = meanings.tag and counts.value = meanings.value
)

select * from dictionary
order by tag_no, value_no
