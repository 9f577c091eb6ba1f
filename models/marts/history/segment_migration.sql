with history as (
    select * from {{ ref('member_history') }}
),

with_previous as (
    select
        month_start,
        month_end,
        cast(segment as string) as segment,
        rfm_class,
        rfm_group,
        cast(lag(segment) over of_member as string) as previous_segment,
        lag(rfm_class) over of_member as previous_rfm_class,
        lag(rfm_group) over of_member as previous_rfm_group
    from history
    window of_member as (partition by card_id order by month_start)
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
