-- A warehouse without one buyer answers nothing: stop at once, with the most frequent reasons.
with orders as (
    select count(*) as orders from {{ ref('int_orders_as_of') }}
),

reasons as (
    select
        coalesce(reason, 'after the as-of date') as reason,
        count(*) as raw_lines
    from {{ ref('sales_lines') }}
    group by reason
),

rejected as (
    select string_agg(reason || ' ' || raw_lines, ', ' order by raw_lines desc, reason) as reasons from reasons
)

select rejected.reasons
from orders
cross join rejected
where case
    when orders.orders = 0 then error(
        'No line of the sales files is a purchase of a registered member before the as-of date; the lines by reason: '
        || coalesce(rejected.reasons, 'there are none') || '.'
    )
end
