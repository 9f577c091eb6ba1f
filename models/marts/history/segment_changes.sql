{%- set schemes = ['segment', 'rfm_class', 'rfm_group'] -%}
with history as (
    select * from {{ ref('member_history') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

compared as (
    select
        card_id,
        month_end,
        {% for scheme in schemes -%}
        {{ scheme }},
        lag({{ scheme }}) over (partition by card_id order by month_end)
            as previous_{{ scheme }}{{ "," if not loop.last }}
        {% endfor %}
    from history
),

-- The previous segment is unknown until it changes for the first time.
last_changes as (
    select
        card_id,
        {% for scheme in schemes -%}
        max_by(previous_{{ scheme }}, month_end) filter (where {{ scheme }} <> previous_{{ scheme }})
            as previous_{{ scheme }},
        max(month_end) filter (where {{ scheme }} <> previous_{{ scheme }})
            as {{ scheme }}_changed_at{{ "," if not loop.last }}
        {% endfor %}
    from compared
    group by card_id
),

changes as (
    select
        last_changes.card_id,
        {% for scheme in schemes -%}
        compared.{{ scheme }},
        last_changes.previous_{{ scheme }},
        cast(last_changes.{{ scheme }}_changed_at as date) as {{ scheme }}_change_date{{ "," if not loop.last }}
        {% endfor %}
    from last_changes
    inner join compared on last_changes.card_id = compared.card_id
    inner join as_of on compared.month_end = as_of.as_of
)

select * from changes
order by card_id
