with member_returns as (
    select * from {{ ref('member_returns') }}
    where '{{ var("returns") }}' = 'net'
),

first_orders as (
    select
        card_id,
        any_value(as_of) as as_of,
        min(purchased_at) as first_purchased_at
    from {{ ref('int_orders_as_of') }}
    group by card_id
),

-- What is taken off the purchases: with the setting `returns: drop`, nothing. Goods that were brought back before
-- the first purchase that we know are goods of an earlier one.
taken_off as (
    select
        member_returns.source_file,
        member_returns.row_no,
        member_returns.card_id,
        member_returns.returned_at,
        member_returns.returned_amount,
        member_returns.returned_points
    from member_returns
    inner join first_orders on member_returns.card_id = first_orders.card_id
    where
        member_returns.is_of_counted_purchase
        and member_returns.returned_at >= first_orders.first_purchased_at
        and member_returns.returned_at < first_orders.as_of
)

select * from taken_off
