{%- set schemes = ['segment', 'rfm_class', 'rfm_group'] -%}
with steps as (
    select * from {{ ref('int_segment_steps') }}
),

last_month as (
    select max(month_start) as month_start from steps
),

-- Only what came after the last break counts: who had brought everything back has begun anew.
last_changes as (
    select
        card_id,
        max(month_start) as month_start,
        max(month_end) filter (where previous_month_start is null) as begun_at,
        {% for scheme in schemes -%}
        max_by({{ scheme }}, month_start) as {{ scheme }},
        max_by(previous_{{ scheme }}, month_start) filter (where {{ scheme }} <> previous_{{ scheme }})
            as previous_{{ scheme }},
        max(month_end) filter (where {{ scheme }} <> previous_{{ scheme }})
            as {{ scheme }}_changed_at{{ "," if not loop.last }}
        {% endfor %}
    from steps
    group by card_id
),

changes as (
    select
        last_changes.card_id,
        {% for scheme in schemes -%}
        last_changes.{{ scheme }},
        case
            when last_changes.{{ scheme }}_changed_at > last_changes.begun_at
                then last_changes.previous_{{ scheme }}
        end as previous_{{ scheme }},
        case
            when last_changes.{{ scheme }}_changed_at > last_changes.begun_at
                then cast(last_changes.{{ scheme }}_changed_at as date) - 1
        end as {{ scheme }}_change_date{{ "," if not loop.last }}
        {% endfor %}
    from last_changes
    inner join last_month on last_changes.month_start = last_month.month_start
)

select * from changes
order by card_id
