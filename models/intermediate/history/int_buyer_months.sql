{{ config(materialized='view') }}

with bought as (
    select * from {{ ref('int_bought_so_far') }}
    where is_buyer
),

month_ends as (
    select
        month_start,
        cast(month_end as timestamp) as month_end
    from {{ ref('int_month_clock') }}
),

-- From the first purchase on, every month has a row, with or without a purchase, at whose end the member was registered
-- and a buyer.
features as (
    select
        bought.card_id,
        month_ends.month_start,
        month_ends.month_end,
        {{ months_of_days(whole_days_between('bought.registered_at', 'month_ends.month_end')) }} as l,
        {{ months_of_days(whole_days_between('bought.last_purchased_at', 'month_ends.month_end')) }} as r,
        bought.f,
        bought.m,
        bought.p
    from bought
    inner join month_ends
        on
            bought.month_start <= month_ends.month_start
            and coalesce(bought.next_month_start, date '9999-12-31') > month_ends.month_start
    where bought.registered_at < month_ends.month_end
)

select * from features
