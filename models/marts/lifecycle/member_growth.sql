with visits as (
    select * from {{ ref('int_visits') }}
    where is_buyer
),

coverage as (
    select * from {{ ref('eda_coverage') }}
    where status = 'complete'
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

levels as (
    select * from {{ ref('growth_levels') }}
),

bands as (
    select
        level,
        lower_bound,
        lead(lower_bound) over (order by lower_bound) as upper_bound
    from levels
    where lower_bound is not null
),

-- The last twelve whole months, those that the data cover in both years. A quiet month of a small shop may have no day
-- of trade.
months as (
    select
        coverage.month_start,
        coverage.trading_days,
        earlier.month_start as earlier_month_start,
        earlier.trading_days as earlier_trading_days
    from coverage
    inner join coverage as earlier on coverage.month_start = earlier.month_start + interval 12 month
    cross join as_of
    where
        coverage.month_start >= date_trunc('month', as_of.as_of) - interval 12 month
        and coverage.month_start < date_trunc('month', as_of.as_of)
),

compared as (
    select
        count(*) as compared_months,
        min(earlier_month_start) as first_month_start,
        nullif(cast(sum(trading_days) as double), 0) as trading_days,
        nullif(cast(sum(earlier_trading_days) as double), 0) as earlier_trading_days
    from months
),

by_buyer as (
    select
        visits.card_id,
        least(cast(any_value(visits.registered_at) as date), min(visits.visit_date)) as first_date,
        count(earlier.month_start) as earlier_visits,
        count(later.month_start) as visits,
        coalesce(sum(visits.amount) filter (where earlier.month_start is not null), 0) as earlier_amount,
        coalesce(sum(visits.amount) filter (where later.month_start is not null), 0) as amount
    from visits
    left join months as later on date_trunc('month', visits.visit_date) = later.month_start
    left join months as earlier on date_trunc('month', visits.visit_date) = earlier.earlier_month_start
    group by visits.card_id
),

-- Per day of trade, as two years seldom have equally many. Of equal habits, the visits would fall on the years as their
-- days of trade do: what is further from that than chance leads to in 95 of 100 cases (with the correction of
-- continuity) is beyond it.
measured as (
    select
        by_buyer.*,
        compared.compared_months,
        compared.compared_months > 0 and by_buyer.first_date < compared.first_month_start as is_comparable,
        cast(by_buyer.earlier_amount as double) / compared.earlier_trading_days as earlier_amount_per_day,
        cast(by_buyer.amount as double) / compared.trading_days as amount_per_day,
        by_buyer.visits + by_buyer.earlier_visits as all_visits,
        compared.trading_days / (compared.trading_days + compared.earlier_trading_days) as share_of_days,
        case when is_comparable then by_buyer.visits - all_visits * share_of_days end as more_visits
    from by_buyer
    cross join compared
),

judged as (
    select
        *,
        -- What is exactly at a bound must not fall to its other side.
        case when is_comparable then round(amount_per_day / nullif(earlier_amount_per_day, 0) - 1, 12) end as change,
        coalesce(
            abs(more_visits) - 0.5 > {{ z_of_95_percent() }} * sqrt(all_visits * share_of_days * (1 - share_of_days)),
            false
        ) as is_beyond_chance,
        case
            when compared_months = 0 then 'no_common_month'
            when not is_comparable then 'too_young'
            when visits = 0 and earlier_visits = 0 then 'absent'
            when visits = 0 then 'stopped'
            when earlier_visits = 0 then 'resumed'
            -- What cost nothing before gives no number.
            when earlier_amount = 0 and amount > 0 then 'growing'
        end as special_level
    from measured
),

labelled as (
    select
        judged.card_id,
        judged.compared_months,
        judged.earlier_visits,
        judged.visits,
        cast(judged.earlier_amount as decimal(18, 2)) as earlier_amount,
        cast(judged.amount as decimal(18, 2)) as amount,
        judged.earlier_amount_per_day,
        judged.amount_per_day,
        judged.change,
        round(judged.more_visits, 6) as more_visits,
        judged.is_beyond_chance,
        levels.is_comparable,
        levels.level,
        levels.name_zh as level_name_zh,
        levels.name_en as level_name_en
    from judged
    left join bands
        on
            judged.special_level is null
            and {{ is_in_band('coalesce(judged.change, 0)', 'bands') }}
    inner join levels on coalesce(judged.special_level, bands.level) = levels.level
)

select * from labelled
order by card_id
