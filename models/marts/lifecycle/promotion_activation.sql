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

-- The promotion days of a month are mostly one event: what differs by chance is the month, with the ordinary days that
-- its promotion days are held against.
months as (
    select
        day_kind,
        month_start,
        count(*) as days,
        sum(inactive_members) as inactive_members,
        sum(activated_members) as activated_members,
        sum(expected_activations {{ in_order('day') }}) as expected_activations
    from compared
    group by day_kind, month_start
),

rates as (
    select
        day_kind,
        sum(days) as days,
        count(*) as months,
        sum(inactive_members) as inactive_member_days,
        sum(activated_members) as activated_members,
        sum(activated_members) / sum(inactive_members) as activation_rate,
        sum(activated_members) / nullif(sum(expected_activations {{ in_order('month_start') }}), 0) as relative_rate,
        sum(expected_activations {{ in_order('month_start') }}) as expected_activations
    from months
    group by day_kind
),

-- Months differ by more than the luck of single members, so the spread between them gives the uncertainty: the
-- linearised variance of a ratio of sums (Cochran 1977, chapter 6). The error of the yardstick is in it, as each month
-- has its own.
variances as (
    select
        rates.day_kind,
        rates.months / nullif(rates.months - 1, 0)
        * sum(
            pow(months.activated_members - rates.activation_rate * months.inactive_members, 2)
            {{ in_order('months.month_start') }}
        )
        / pow(rates.inactive_member_days, 2) as rate_variance,
        rates.months / nullif(rates.months - 1, 0)
        * sum(
            pow(months.activated_members - rates.relative_rate * months.expected_activations, 2)
            {{ in_order('months.month_start') }}
        )
        / nullif(pow(rates.expected_activations, 2), 0) as relative_variance
    from months
    inner join rates on months.day_kind = rates.day_kind
    where rates.months >= {{ var('promotion_minimum_months') }}
    group by
        rates.day_kind, rates.months, rates.inactive_member_days, rates.expected_activations
),

errors as (
    select
        rates.*,
        {{ t_of_95_percent('(rates.months - 1)') }} * sqrt(variances.rate_variance) as rate_error,
        case
            when rates.day_kind = 'promotion'
                then {{ t_of_95_percent('(rates.months - 1)') }} * sqrt(variances.relative_variance)
        end as relative_error
    from rates
    left join variances on rates.day_kind = variances.day_kind
),

bounds as (
    select
        day_kind,
        cast(days as bigint) as days,
        months,
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
