-- How do members, unregistered cards and customers without a card differ? One row per type of customer.
select
    customer_type,
    round(100 * order_share, 1) as percent_of_orders,
    round(100 * amount_share, 1) as percent_of_amount,
    round(amount_per_order, 2) as amount_per_order,
    round(pieces_per_order, 2) as pieces_per_order,
    round(median_piece_price, 2) as median_piece_price,
    round(100 * below_price_share, 1) as percent_of_lines_below_price,
    round(100 * without_points_share, 1) as percent_of_lines_without_points
from {{ ref('customer_type_comparison') }}
order by amount desc, customer_type
