-- The months hold all that was bought and all returns of such purchases.
with months as (
    select
        coalesce(sum(gross_amount), 0) as gross_amount,
        coalesce(sum(returned_amount), 0) as returned_amount,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('sales_by_member_and_month') }}
),

lines as (
    select
        (select coalesce(sum(amount), 0) from {{ ref('vip_info') }}) as amount,
        (
            select coalesce(sum(returned_amount), 0) from {{ ref('member_returns') }}
            where is_of_counted_purchase
        ) as returned_amount
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
