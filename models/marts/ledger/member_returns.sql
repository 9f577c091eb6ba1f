with member_returns as (
    select * from {{ ref('int_member_returns') }}
)

select
    row_no as raw_row_no,
    card_id,
    returned_at,
    product_code,
    product_name,
    returned_quantity,
    unit_price,
    returned_amount,
    returned_points,
    is_of_counted_purchase,
    till_no,
    receipt_no,
    counter_code,
    counter_name
from member_returns
order by raw_row_no
