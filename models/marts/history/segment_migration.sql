{%- set schemes = ['segment', 'rfm_class', 'rfm_group'] -%}
with steps as (
    select * from {{ ref('int_segment_steps') }}
),

-- Few combinations of many steps.
counted as (
    select
        month_start,
        month_end,
        {% for scheme in schemes -%}
        {{ scheme }},
        previous_{{ scheme }},
        {% endfor -%}
        count(*) as members
    from steps
    group by all
),

migration as (
    {% for scheme in schemes -%}
    select
        '{{ scheme }}' as scheme,
        month_start,
        month_end,
        coalesce(cast(previous_{{ scheme }} as string), 'not_yet_a_buyer') as from_code,
        cast({{ scheme }} as string) as to_code,
        cast(sum(members) as bigint) as members
    from counted
    group by all
    {{ "union all" if not loop.last }}
    {% endfor -%}
),

shares as (
    select
        scheme,
        month_start,
        month_end,
        from_code,
        to_code,
        members,
        members / sum(members) over (partition by scheme, month_start, from_code) as share_of_from
    from migration
)

select * from shares
order by scheme, month_start, from_code, to_code
