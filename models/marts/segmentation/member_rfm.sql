with members as (
    select * from {{ ref('members') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

history as (
    select * from {{ ref('member_history') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

scores as (
    select history.*
    from history
    inner join as_of on history.month_end = as_of.as_of
),

labels as (
    select distinct
        rule_set,
        segment_code,
        label_zh,
        label_en
    from rfm_segments
),

-- Members who never bought have no scores and a segment of their own.
known_members as (
    select
        members.card_id,
        scores.r_score,
        scores.f_score,
        scores.m_score,
        coalesce(scores.rfm_class, 'never_bought') as rfm_class,
        coalesce(scores.customer_group, 'prospects') as customer_group
    from members
    cross join as_of
    left join scores on members.card_id = scores.card_id
    where members.registered_at < as_of.as_of
),

labelled as (
    select
        known_members.card_id,
        known_members.r_score,
        known_members.f_score,
        known_members.m_score,
        known_members.rfm_class,
        rfm_classes.label_zh as rfm_class_zh,
        rfm_classes.label_en as rfm_class_en,
        known_members.customer_group,
        customer_groups.label_zh as customer_group_zh,
        customer_groups.label_en as customer_group_en
    from known_members
    left join labels as rfm_classes
        on rfm_classes.rule_set = 'rfm_class' and known_members.rfm_class = rfm_classes.segment_code
    left join labels as customer_groups
        on customer_groups.rule_set = 'customer_group' and known_members.customer_group = customer_groups.segment_code
)

select * from labelled
order by card_id
