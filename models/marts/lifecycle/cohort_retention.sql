with visits as (
    select * from {{ ref('int_visits') }}
    where is_buyer
),

members as (
    select * from {{ ref('members') }}
    where is_known_as_of and registered_at is not null
),

retailer as (
    select * from {{ ref('retailer') }}
),

clock as (
    select * from {{ ref('int_month_clock') }}
),

-- Who buys first as the data begin, or after a gap in them, may have bought before.
beginnings as (
    select
        month_start,
        coalesce(lag(month_status) over (order by month_start) = 'missing', true)
        or count(*) filter (where month_status = 'complete') over (
            order by month_start rows between unbounded preceding and 1 preceding
        ) = 0 as is_after_gap
    from clock
),

cohorts as (
    select
        card_id,
        'first_purchase' as cohort_type,
        cast(date_trunc('month', visit_date) as date) as cohort_start
    from visits
    where visit_no = 1
    union all
    select
        members.card_id,
        'registration' as cohort_type,
        cast(date_trunc('month', members.registered_at) as date) as cohort_start
    from members
    cross join retailer
    where retailer.has_registered_at
),

cohort_sizes as (
    select
        cohort_type,
        cohort_start,
        count(*) as members
    from cohorts
    group by cohort_type, cohort_start
),

buyer_months as (
    select distinct
        card_id,
        cast(date_trunc('month', visit_date) as date) as month_start
    from visits
),

buyers as (
    select
        cohorts.cohort_type,
        cohorts.cohort_start,
        buyer_months.month_start,
        count(*) as buyers
    from cohorts
    inner join buyer_months on cohorts.card_id = buyer_months.card_id
    group by cohorts.cohort_type, cohorts.cohort_start, buyer_months.month_start
),

-- Every month of the data from the cohort's own on, those without a buyer too.
retention as (
    select
        cohort_sizes.cohort_type,
        cohort_sizes.cohort_start,
        clock.month_start,
        cast(
            12 * (year(clock.month_start) - year(cohort_sizes.cohort_start))
            + month(clock.month_start) - month(cohort_sizes.cohort_start) as bigint
        ) as months_since,
        cohort_sizes.members,
        coalesce(buyers.buyers, 0) as buyers,
        -- A month that is missing in the data says nothing about retention.
        case
            when clock.month_status <> 'missing' then coalesce(buyers.buyers, 0) / cohort_sizes.members
        end as retention,
        {{ is_small('cohort_sizes.members') }} as is_small,
        cohort_sizes.cohort_type = 'first_purchase' and coalesce(beginnings.is_after_gap, true) as is_after_gap,
        clock.month_status
    from cohort_sizes
    inner join clock on cohort_sizes.cohort_start <= clock.month_start
    left join beginnings on cohort_sizes.cohort_start = beginnings.month_start
    left join buyers
        on
            cohort_sizes.cohort_type = buyers.cohort_type
            and cohort_sizes.cohort_start = buyers.cohort_start
            and clock.month_start = buyers.month_start
)

select * from retention
order by cohort_type, cohort_start, month_start
