-- The marts of the member business count the same purchases as the marts that they stand beside; the amount of each of
-- the few genders is rounded.
with orders as (
    select
        count(*) as lines,
        min(purchased_at) as purchased_at,
        bool_and(card_id in (select card_id from {{ ref('members') }} where is_known_as_of)) as is_of_a_member
    from {{ ref('vip_info') }}
    group by order_id
),

totals as (
    select
        'lines of members' as what,
        (
            select sum(lines) from orders
            where purchased_at < (select as_of from {{ ref('int_as_of') }}) and is_of_a_member
        ) as expected,
        (select sum(lines) from {{ ref('customer_type_comparison') }} where customer_type = 'member') as found
    union all
    select
        'amount of members by gender' as what,
        (select sum(amount) from {{ ref('int_orders_as_of') }}) as expected,
        (select sum(amount) from {{ ref('member_group_comparison') }} where dimension = 'gender') as found
    union all
    select
        'amount of buyers' as what,
        (select sum(m) from {{ ref('lrfmpsx') }}) as expected,
        (select sum(amount) from {{ ref('member_purchasing_power') }}) as found
    union all
    select
        'orders of buyers' as what,
        (select sum(f) from {{ ref('lrfmpsx') }}) as expected,
        (select sum(orders) from {{ ref('basket_attach_rates') }} where scope = 'segment') as found
    union all
    select
        'buyers at the ends of months' as what,
        (select count(*) from {{ ref('member_history') }}) as expected,
        (
            select count(*)
            from {{ ref('member_life_cycle_months') }} as months
            inner join {{ ref('member_history') }} as history
                on months.card_id = history.card_id and months.month_start = history.month_start
        ) as found
    union all
    select
        'shares of a rhythm' as what,
        count(distinct struct_pack(customer_type, rhythm)) as expected,
        round(sum(share), 6) as found
    from {{ ref('customer_type_rhythm') }}
    where share is not null
)

select * from totals
where
    abs(coalesce(expected, 0) - coalesce(found, 0))
    > case when what = 'amount of members by gender' then 0.05 else 0 end
