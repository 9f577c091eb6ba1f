with bought as (
    select * from {{ ref('int_bought_so_far') }}
    where next_month_start is null and is_buyer
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

days as (
    select
        bought.card_id,
        bought.f,
        bought.m,
        bought.p,
        {{ whole_days_between('bought.registered_at', 'as_of.as_of') }} as days_since_registration,
        {{ whole_days_between('bought.last_purchased_at', 'as_of.as_of') }} as days_since_last_purchase
    from bought
    cross join as_of
),

lrfmp as (
    select
        card_id,
        {{ months_of_days('days_since_registration') }} as l,
        {{ months_of_days('days_since_last_purchase') }} as r,
        f,
        m,
        p,
        days_since_registration,
        days_since_last_purchase
    from days
)

select * from lrfmp
