-- How long after the registration is the first purchase? One row per year of registration that the data cover.
with firsts as (
    select registered_at, card_id, min(purchased_at) as first_purchase
    from {{ ref('vip_info') }}
    where registered_at >= (select min(month_start) from {{ ref('eda_coverage') }})
    group by registered_at, card_id
)

select
    year(registered_at) as registered_in,
    count(*) as buyers,
    median(greatest(0, date_diff('day', registered_at, first_purchase))) as median_days,
    round(100 * avg(cast(first_purchase < registered_at + interval 30 day as integer)), 1) as percent_within_30_days
from firsts
group by registered_in order by registered_in desc
