{%- set profiles = {
    'membership_level': 'l',
    'frequency_level': 'f',
    'amount_level': 'm',
    'points_level': 'p',
} -%}
with features as (
    select * from {{ ref('lrfmpsx') }}
),

retailer as (
    select * from {{ ref('retailer') }}
),

profile_bands as (
    select * from {{ ref('profile_bands') }}
),

-- The retailer's own levels of a profile come before those of any.
of_retailer as (
    select profile_bands.*
    from profile_bands
    cross join retailer
    where profile_bands.retailer is null or profile_bands.retailer = retailer.retailer
    qualify
        profile_bands.retailer is not null
        or count(profile_bands.retailer) over (partition by profile_bands.profile) = 0
),

buyers as (
    {% for profile, feature in profiles.items() -%}
    select
        '{{ profile }}' as profile,
        cast({{ feature }} as decimal(18, 2)) as value,
        count(*) as buyers
    from features
    where {{ feature }} is not null
    group by value
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

placed as (
    select
        profile,
        value,
        cast(coalesce(
            sum(buyers) over (
                partition by profile order by value rows between unbounded preceding and 1 preceding
            ), 0
        ) as double) / sum(buyers) over (partition by profile) as share_below
    from buyers
),

-- Where no value has such a share of the buyers below it, there is no such level.
bounded as (
    select
        of_retailer.profile,
        of_retailer.level,
        coalesce(
            of_retailer.lower_bound,
            min(placed.value) filter (where placed.share_below >= of_retailer.from_share)
        ) as lower_bound,
        of_retailer.name_zh,
        of_retailer.name_en
    from of_retailer
    left join placed on of_retailer.from_share is not null and of_retailer.profile = placed.profile
    group by
        of_retailer.profile, of_retailer.level, of_retailer.lower_bound, of_retailer.name_zh, of_retailer.name_en
),

bands as (
    select * from bounded
    where lower_bound is not null
)

select * from bands
