-- At which counter do most of a group buy in their second order? One row per gender and age band.
with second_orders as (
    select order_id
    from {{ ref('orders') }} where customer_type = 'member'
    qualify row_number() over (partition by card_id order by purchased_at, order_id) = 2
), bought as (
    select card_id, counter_code from {{ ref('vip_info') }} where order_id in (select order_id from second_orders)
)
select gender_name_en, age_band_name_en, coalesce(counter_name, bought.counter_code) as counter_name,
    count(distinct bought.card_id) as members
from bought inner join {{ ref('counters') }} as counters on bought.counter_code = counters.counter_code
inner join {{ ref('member_overview') }} as overview on bought.card_id = overview.card_id
inner join {{ ref('members') }} as known on bought.card_id = known.card_id and not known.is_gender_filled
group by gender_name_en, age_band_name_en, bought.counter_code, counters.counter_name
qualify row_number() over (partition by gender_name_en, age_band_name_en order by members desc, bought.counter_code) = 1
order by members desc, gender_name_en, age_band_name_en
