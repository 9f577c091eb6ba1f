with members as (
    select * from {{ ref('members') }}
    where is_known_as_of
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

history as (
    select * from {{ ref('member_history') }}
),

rfm_rules as (
    select * from {{ ref('rfm_rules') }}
),

scores as (
    select history.*
    from history
    inner join as_of on history.month_end = as_of.as_of
),

labels as (
    select distinct
        rule_set,
        code,
        name_zh,
        name_en
    from rfm_rules
),

-- Members who never bought have no scores and a segment of their own, with or without a time of registration.
known_members as (
    select
        members.card_id,
        scores.r_score,
        scores.f_score,
        scores.m_score,
        coalesce(scores.rfm_class, 'never_bought') as rfm_class,
        coalesce(scores.rfm_group, 'prospects') as rfm_group
    from members
    left join scores on members.card_id = scores.card_id
),

labelled as (
    select
        known_members.*,
        rfm_classes.name_zh as rfm_class_name_zh,
        rfm_classes.name_en as rfm_class_name_en,
        rfm_groups.name_zh as rfm_group_name_zh,
        rfm_groups.name_en as rfm_group_name_en
    from known_members
    left join labels as rfm_classes
        on rfm_classes.rule_set = 'rfm_class' and known_members.rfm_class = rfm_classes.code
    left join labels as rfm_groups
        on rfm_groups.rule_set = 'rfm_group' and known_members.rfm_group = rfm_groups.code
)

select * from labelled
order by card_id
