with history as (
    select * from {{ ref('member_history') }}
),

-- A buyer who had brought everything back is none until the next purchase, with no row for the months between.
with_previous as (
    select
        history.month_start,
        history.month_end,
        cast(history.segment as string) as segment,
        history.rfm_class,
        history.rfm_group,
        cast(month_before.segment as string) as previous_segment,
        month_before.rfm_class as previous_rfm_class,
        month_before.rfm_group as previous_rfm_group
    from history
    left join history as month_before
        on
            history.card_id = month_before.card_id
            and cast(history.month_start - interval 1 month as date) = month_before.month_start
),

{% for scheme in ['segment', 'rfm_class', 'rfm_group'] -%}
by_{{ scheme }} as (
    select
        '{{ scheme }}' as scheme,
        month_start,
        month_end,
        coalesce(previous_{{ scheme }}, 'not_yet_a_buyer') as from_code,
        {{ scheme }} as to_code,
        count(*) as members
    from with_previous
    group by all
),

{% endfor -%}
migration as (
    select * from by_segment
    union all
    select * from by_rfm_class
    union all
    select * from by_rfm_group
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
