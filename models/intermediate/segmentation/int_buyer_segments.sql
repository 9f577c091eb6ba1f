with buyers as (
    select * from {{ ref('lrfmpsx') }}
),

assignments as (
    select * from {{ ref('int_cluster_assignments') }}
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

selected as (
    select * from {{ ref('cluster_scores') }}
    where is_selected
),

segment_names as (
    select * from {{ ref('segment_names') }}
),

selected_clusters as (
    select
        assignments.card_id,
        clusters.n_clusters,
        clusters.segment
    from assignments
    inner join selected
        on assignments.scaling = selected.scaling and assignments.n_clusters = selected.n_clusters
    inner join clusters
        on
            assignments.scaling = clusters.scaling
            and assignments.n_clusters = clusters.n_clusters
            and assignments.cluster = clusters.cluster
),

-- Where nothing could be clustered (too few different buyers) all are one segment.
numbered as (
    select
        buyers.card_id,
        buyers.days_since_registration,
        buyers.days_since_last_purchase,
        buyers.f,
        buyers.m,
        coalesce(selected_clusters.n_clusters, 1) as n_clusters,
        coalesce(selected_clusters.segment, 1) as segment
    from buyers
    left join selected_clusters on buyers.card_id = selected_clusters.card_id
),

-- Means of the segment as multiples of those of all buyers.
profiles as (
    select
        segment,
        count(*) / sum(count(*)) over () as member_share,
        {% for indicator, column in {
            'l': 'days_since_registration', 'r': 'days_since_last_purchase', 'f': 'f', 'm': 'm',
        }.items() -%}
        {{ mean(column) }} * sum(count(*)) over () / nullif(sum(sum({{ column }})) over (), 0) as {{ indicator }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from numbered
    group by segment
),

-- The first rule that fits names the segment.
fitting as (
    select
        profiles.segment,
        rules.segment_code,
        rules.name_zh,
        rules.name_en
    from profiles
    inner join segment_names as rules
        on
            (rules.member_share_from is null or profiles.member_share >= rules.member_share_from)
            and (rules.is_most_valuable is null or rules.is_most_valuable = (profiles.segment = 1))
            and (rules.m_from is null or profiles.m >= rules.m_from)
            and (rules.f_from is null or profiles.f >= rules.f_from)
            and (rules.f_below is null or profiles.f < rules.f_below)
            and (rules.r_from is null or profiles.r >= rules.r_from)
            and (rules.l_below is null or profiles.l < rules.l_below)
    qualify row_number() over (partition by profiles.segment order by rules.rule_no) = 1
),

-- Segments of the same profile are told apart by a number after the name.
names as (
    select
        segment,
        segment_code,
        name_zh,
        name_en,
        row_number() over (partition by segment_code order by segment) as name_no
    from fitting
),

named as (
    select
        numbered.card_id,
        numbered.segment,
        names.segment_code || case when names.name_no > 1 then '_' || names.name_no else '' end as segment_code,
        names.name_zh || case when names.name_no > 1 then ' ' || names.name_no else '' end as segment_name_zh,
        names.name_en || case when names.name_no > 1 then ' ' || names.name_no else '' end as segment_name_en,
        numbered.n_clusters
    from numbered
    left join names on numbered.segment = names.segment
)

select * from named
