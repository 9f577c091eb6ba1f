{%- set features = ['l', 'r', 'f', 'm', 'p'] -%}
with history as (
    select * from {{ ref('member_history') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

bands as (
    select * from {{ ref('drift_bands') }}
),

-- Tenths of the buyers on the as-of date; equal values share a bin. The last bin has no upper bound.
cut_points as (
    select
        {% for feature in features -%}
        list_append(
            quantile_disc(cast(history.{{ feature }} as double), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
            cast('infinity' as double)
        ) as {{ feature }}{{ "," if not loop.last }}
        {% endfor %}
    from history
    inner join as_of on history.month_end = as_of.as_of
),

binned as (
    select
        history.month_start,
        {% for feature in features -%}
        histogram(cast(history.{{ feature }} as double), cut_points.{{ feature }}) as {{ feature }},
        {% endfor -%}
        histogram(cast(history.segment as double)) as segment
    from history
    cross join cut_points
    group by history.month_start
),

counts_of_feature as (
    unpivot binned on {{ features | join(', ') }}, segment into name feature value members_by_bin
),

counts as (
    select
        month_start,
        feature,
        unnest(map_keys(members_by_bin)) as bin,
        unnest(map_values(members_by_bin)) as members
    from counts_of_feature
),

-- Every bin in every month; a bin without members counts as a tiny share, so that the logarithm exists.
months as (
    select distinct month_start from counts
),

bins as (
    select distinct
        feature,
        bin
    from counts
),

shares as (
    select
        months.month_start,
        bins.feature,
        bins.bin,
        greatest(
            coalesce(counts.members, 0)
            / sum(counts.members) over (partition by months.month_start, bins.feature),
            {{ var('drift_smallest_share') }}
        ) as share
    from months
    cross join bins
    left join counts
        on
            months.month_start = counts.month_start
            and bins.feature = counts.feature
            and bins.bin = counts.bin
),

compared as (
    select
        *,
        lag(share) over (partition by feature, bin order by month_start) as previous_share,
        last_value(share) over (
            partition by feature, bin order by month_start
            rows between unbounded preceding and unbounded following
        ) as share_as_of
    from shares
),

stability as (
    select
        month_start,
        feature,
        sum((share - previous_share) * ln(share / previous_share) order by bin) as psi_previous_month,
        sum((share - share_as_of) * ln(share / share_as_of) order by bin) as psi_as_of
    from compared
    group by month_start, feature
),

levelled as (
    select
        stability.*,
        bands.level as previous_month_level,
        bands.name_zh as previous_month_level_name_zh,
        bands.name_en as previous_month_level_name_en
    from stability
    left join bands on stability.psi_previous_month >= bands.lower_bound
    qualify row_number() over (
        partition by stability.month_start, stability.feature order by bands.lower_bound desc
    ) = 1
)

select * from levelled
order by month_start, feature
