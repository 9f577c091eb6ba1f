with visits as (
    select * from {{ ref('int_visits') }}
    where is_buyer
),

frequency_bands as (
    select * from {{ ref('frequency_bands') }}
),

states as (
    select * from {{ ref('life_cycle_states') }}
),

recorded_days as (
    select * from {{ ref('int_recorded_days') }}
),

quantiles as (
    select
        max(gap_quantile) filter (where state = 'slowing') as slowing,
        max(gap_quantile) filter (where state = 'silent') as silent,
        max(gap_quantile) filter (where state = 'lost') as lost
    from states
),

reach as (
    select max(recorded_days) as days
    from recorded_days
),

-- The wait after a purchase belongs to the band of the purchases made so far. Days in a hole of the data make no gap.
gaps as (
    select
        visits.frequency_band,
        visits.days_to_next as gap,
        reach.days - visits.recorded_days as longest_to_be_seen,
        count(*) as gaps
    from visits
    cross join reach
    where visits.days_to_next > 0
    group by visits.frequency_band, visits.days_to_next, reach.days - visits.recorded_days
),

gaps_of_bands as (
    select * from gaps
    union all
    select
        'all' as frequency_band,
        gap,
        longest_to_be_seen,
        gaps
    from gaps
),

-- Of two gaps as long, the later one is less likely to have ended yet: a gap of a length is compared with those no
-- longer that began early enough to be seen at that length (the estimator of Lynden-Bell, 1971, for truncated data).
by_length as (
    select
        frequency_band,
        gap,
        gaps,
        gaps as comparable
    from gaps_of_bands
    union all
    select
        frequency_band,
        longest_to_be_seen + 1 as gap,
        0 as gaps,
        -gaps as comparable
    from gaps_of_bands
),

counted as (
    select
        frequency_band,
        gap,
        sum(gaps) as gaps,
        sum(sum(gaps)) over up_to as gaps_up_to,
        sum(sum(comparable)) over up_to as comparable
    from by_length
    group by frequency_band, gap
    window up_to as (partition by frequency_band order by gap)
),

-- Where too few can be compared, those that began later are taken in: else one long gap would outweigh all others.
ranked as (
    select
        frequency_band,
        gap,
        gaps,
        gaps_up_to / sum(gaps) over (partition by frequency_band) as seen_up_to,
        exp(coalesce(
            sum(ln(greatest(
                1 - gaps / greatest(comparable, least(gaps_up_to, {{ var('life_cycle_minimum_gaps') }}), 1), 1e-12
            ))) over (
                partition by frequency_band order by gap desc rows between unbounded preceding and 1 preceding
            ), 0
        )) as share_up_to
    from counted
),

-- The smallest gap that at least this share of the gaps does not exceed.
by_band as (
    select
        ranked.frequency_band,
        cast(sum(ranked.gaps) as bigint) as gaps,
        min(ranked.gap) filter (where ranked.share_up_to >= quantiles.slowing) as slowing_after_days,
        min(ranked.gap) filter (where ranked.share_up_to >= quantiles.silent) as silent_after_days,
        min(ranked.gap) filter (where ranked.share_up_to >= quantiles.lost) as lost_after_days,
        min(ranked.gap) filter (where ranked.seen_up_to >= quantiles.lost) as longest_seen
    from ranked
    cross join quantiles
    group by ranked.frequency_band
),

-- A gap longer than the data reach back cannot be seen. Where the long ones that are seen take up most of that time,
-- the ends of the data make them no longer, and nobody can be told to wait for longer than is usual.
within_reach as (
    select by_band.*
    from by_band
    cross join reach
    inner join by_band as pooled
        on
            pooled.frequency_band = 'all'
            and pooled.longest_seen <= {{ var('life_cycle_longest_share') }} * reach.days
),

every_band as (
    select
        frequency_band,
        name_zh,
        name_en,
        lower_bound
    from frequency_bands
    union all
    select
        'all' as frequency_band,
        null as name_zh,
        null as name_en,
        0 as lower_bound
),

-- A band with too few gaps of its own takes the thresholds of all bands together.
thresholds as (
    select
        every_band.frequency_band,
        every_band.name_zh as frequency_band_name_zh,
        every_band.name_en as frequency_band_name_en,
        every_band.lower_bound,
        coalesce(by_band.gaps, 0) as gaps,
        coalesce(by_band.gaps >= {{ var('life_cycle_minimum_gaps') }}, false) as has_enough_gaps,
        case when has_enough_gaps then own.slowing_after_days else pooled.slowing_after_days end as slowing_after_days,
        case when has_enough_gaps then own.silent_after_days else pooled.silent_after_days end as silent_after_days,
        case when has_enough_gaps then own.lost_after_days else pooled.lost_after_days end as lost_after_days
    from every_band
    left join by_band on every_band.frequency_band = by_band.frequency_band
    left join within_reach as own on every_band.frequency_band = own.frequency_band
    left join within_reach as pooled on pooled.frequency_band = 'all'
)

select * from thresholds
order by lower_bound
