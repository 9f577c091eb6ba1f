with promotion_days as (
    select * from {{ ref('promotion_days') }}
    where is_judged and inactive_members > 0
),

weekdays as (
    select * from {{ ref('weekdays') }}
),

days as (
    select
        promotion_days.*,
        case when promotion_days.is_promotion_day then 'promotion' else 'ordinary' end as day_kind,
        weekdays.is_weekend
    from promotion_days
    inner join weekdays on promotion_days.weekday = weekdays.weekday
),

-- The yardstick of a day: the ordinary days of its month, working days and weekends apart.
ordinary_rates as (
    select
        month_start,
        is_weekend,
        sum(activated_members) / sum(inactive_members) as rate
    from days
    where day_kind = 'ordinary'
    group by month_start, is_weekend
),

compared as (
    select
        days.*,
        days.inactive_members * ordinary_rates.rate as expected_activations
    from days
    inner join ordinary_rates
        on days.month_start = ordinary_rates.month_start and days.is_weekend = ordinary_rates.is_weekend
),

rates as (
    select
        day_kind,
        count(*) as days,
        sum(inactive_members) as inactive_member_days,
        sum(activated_members) as activated_members,
        sum(activated_members) / sum(inactive_members) as activation_rate,
        sum(activated_members) / nullif(sum(expected_activations {{ in_order('day') }}), 0) as relative_rate,
        sum(expected_activations {{ in_order('day') }}) as expected_activations
    from compared
    group by day_kind
),

-- Days differ by more than the luck of single members, so the spread between days gives the uncertainty: the linearised
-- variance of a ratio of sums (Cochran 1977, chapter 6).
variances as (
    select
        rates.day_kind,
        rates.days,
        rates.days / nullif(rates.days - 1, 0)
        * sum(
            pow(compared.activated_members - rates.activation_rate * compared.inactive_members, 2)
            {{ in_order('compared.day') }}
        )
        / pow(rates.inactive_member_days, 2) as rate_variance,
        rates.days / nullif(rates.days - 1, 0)
        * sum(
            pow(compared.activated_members - rates.relative_rate * compared.expected_activations, 2)
            {{ in_order('compared.day') }}
        )
        / nullif(pow(rates.expected_activations, 2), 0) as relative_variance
    from compared
    inner join rates on compared.day_kind = rates.day_kind
    group by
        rates.day_kind, rates.days, rates.inactive_member_days, rates.expected_activations
),

-- The yardstick has an error of its own, which the relative rate carries too.
errors as (
    select
        rates.*,
        case
            when rates.days >= {{ var('promotion_minimum_days') }}
                then {{ z_of_95_percent() }} * sqrt(variances.rate_variance)
        end as rate_error,
        case
            when
                rates.day_kind = 'promotion'
                and least(rates.days, yardstick.days) >= {{ var('promotion_minimum_days') }}
                then {{ z_of_95_percent() }} * sqrt(
                    variances.relative_variance + pow(rates.relative_rate, 2) * yardstick.relative_variance
                )
        end as relative_error
    from rates
    inner join variances on rates.day_kind = variances.day_kind
    inner join variances as yardstick on yardstick.day_kind = 'ordinary'
),

bounds as (
    select
        day_kind,
        days,
        cast(inactive_member_days as bigint) as inactive_member_days,
        cast(activated_members as bigint) as activated_members,
        activation_rate,
        activation_rate - if(rate_error > activation_rate, activation_rate, rate_error) as activation_rate_low,
        activation_rate + rate_error as activation_rate_high,
        {{ is_small('activated_members') }} as is_small,
        relative_rate,
        relative_rate - if(relative_error > relative_rate, relative_rate, relative_error) as relative_rate_low,
        relative_rate + relative_error as relative_rate_high
    from errors
)

select * from bounds
order by day_kind
