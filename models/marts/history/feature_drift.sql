{%- set features = ['l', 'r', 'f', 'm', 'p'] -%}
with history as (
    select * from {{ ref('member_history') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

drift_bands as (
    select * from {{ ref('drift_bands') }}
),

bands as (
    select
        *,
        lead(lower_bound) over (order by lower_bound) as upper_bound
    from drift_bands
),

-- Tenths of the buyers on the as-of date; equal values share a bin.
cut_points as (
    select
        {% for feature in features -%}
        {% for tenth in range(1, 10) -%}
        percentile_disc(0.{{ tenth }}) within group (order by cast(history.{{ feature }} as double))
            as {{ feature }}_{{ tenth }},
        {% endfor -%}
        {% endfor -%}
        count(*) as buyers
    from history
    inner join as_of on history.month_end = as_of.as_of
),

-- The last bin has no upper bound.
counts as (
    {% for feature in features -%}
    select
        history.month_start,
        '{{ feature }}' as feature,
        case
            {% for tenth in range(1, 10) -%}
            when cast(history.{{ feature }} as double) <= cut_points.{{ feature }}_{{ tenth }} then {{ tenth }}
            {% endfor -%}
            else 10
        end as bin,
        count(*) as members
    from history
    cross join cut_points
    where history.{{ feature }} is not null
    group by all
    union all
    {% endfor -%}
    select
        month_start,
        'segment' as feature,
        segment as bin,
        count(*) as members
    from history
    group by month_start, segment
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
        ) as share,
        sum(counts.members) over (partition by months.month_start, bins.feature) as buyers
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
        case
            when lag(month_start) over months_of_bin = cast(month_start - interval 1 month as date)
                then lag(share) over months_of_bin
        end as previous_share,
        lag(buyers) over months_of_bin as previous_buyers,
        last_value(share) over (
            partition by feature, bin order by month_start
            rows between unbounded preceding and unbounded following
        ) as share_as_of
    from shares
    window months_of_bin as (partition by feature, bin order by month_start)
),

stability as (
    select
        month_start,
        feature,
        sum((share - previous_share) * ln(share / previous_share) {{ in_order('bin') }}) as psi_previous_month,
        sum((share - share_as_of) * ln(share / share_as_of) {{ in_order('bin') }}) as psi_as_of,
        -- What two samples of one population differ by on average (Yurdakul, Statistical Properties of the Population
        -- Stability Index, 2018).
        (count(*) - 1) * (1 / max(buyers) + 1 / max(previous_buyers)) as psi_by_chance
    from compared
    group by month_start, feature
),

beyond_chance as (
    select
        *,
        case when psi_previous_month <= psi_by_chance then 0 else psi_previous_month - psi_by_chance end
            as psi_beyond_chance
    from stability
),

levelled as (
    select
        {{ all_but('beyond_chance', ['psi_by_chance', 'psi_beyond_chance']) }},
        bands.level as previous_month_level,
        bands.name_zh as previous_month_level_name_zh,
        bands.name_en as previous_month_level_name_en
    from beyond_chance
    left join bands on {{ is_in_band('beyond_chance.psi_beyond_chance', 'bands') }}
)

select * from levelled
order by month_start, feature
