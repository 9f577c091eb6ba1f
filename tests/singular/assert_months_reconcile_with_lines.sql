-- The months hold all that was bought and all returns of such purchases, rounded once for each member and month.
with months as (
    select
        coalesce(sum(gross_amount), 0) as gross_amount,
        coalesce(sum(returned_amount), 0) as returned_amount,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('sales_by_member_and_month') }}
),

-- An order is of the month in which it begins.
orders as (
    select
        card_id,
        min(purchased_at) as purchased_at,
        sum(amount) as amount
    from {{ ref('sales_lines') }}
    where reason is null
    group by card_id, order_id
),

bought as (
    select cast(sum(amount) as decimal(18, 2)) as amount
    from orders
    group by card_id, date_trunc('month', purchased_at)
),

returned as (
    select cast(sum(returned_amount) as decimal(18, 2)) as amount
    from {{ ref('member_returns') }}
    where is_of_counted_purchase
    group by card_id, date_trunc('month', returned_at)
),

lines as (
    select
        (select coalesce(sum(amount), 0) from bought) as amount,
        (select coalesce(sum(amount), 0) from returned) as returned_amount
)

select
    months.*,
    lines.amount
from months
cross join lines
where
    months.gross_amount <> lines.amount
    or months.returned_amount <> lines.returned_amount
    or months.net_amount <> lines.amount - lines.returned_amount
