{%- set schemes = ['segment', 'rfm_class', 'rfm_group'] -%}
with history as (
    select * from {{ ref('member_history') }}
),

last_month as (
    select max(month_start) as month_start from history
),

-- The months without a break up to the last one: who had brought everything back has begun anew.
unbroken as (
    select
        history.*,
        history.month_start = last_month.month_start as is_last
    from history
    cross join last_month
    qualify
        row_number() over (partition by history.card_id order by history.month_start desc)
        = 12 * (year(last_month.month_start) - year(history.month_start))
        + month(last_month.month_start) - month(history.month_start) + 1
),

compared as (
    select
        card_id,
        month_end,
        is_last,
        {% for scheme in schemes -%}
        {{ scheme }},
        lag({{ scheme }}) over (partition by card_id order by month_end)
            as previous_{{ scheme }}{{ "," if not loop.last }}
        {% endfor %}
    from unbroken
),

-- The previous segment is unknown until it changes for the first time.
changes as (
    select
        card_id,
        {% for scheme in schemes -%}
        max({{ scheme }}) filter (where is_last) as {{ scheme }},
        max_by(previous_{{ scheme }}, month_end) filter (where {{ scheme }} <> previous_{{ scheme }})
            as previous_{{ scheme }},
        cast(max(month_end) filter (where {{ scheme }} <> previous_{{ scheme }}) as date)
            as {{ scheme }}_change_date{{ "," if not loop.last }}
        {% endfor %}
    from compared
    group by card_id
)

select * from changes
order by card_id
