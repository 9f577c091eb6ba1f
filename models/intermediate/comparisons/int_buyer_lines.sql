with sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where customer_type = 'member'
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

-- What the buyers of the as-of date had bought until then, bargains without points included.
known as (
    select
        sold_lines.source_file,
        sold_lines.row_no,
        sold_lines.order_id,
        sold_lines.card_id,
        sold_lines.product_code,
        sold_lines.counter_code,
        sold_lines.quantity,
        sold_lines.amount,
        sold_lines.piece_price,
        sold_lines.is_counted,
        sold_lines.is_below_price,
        sold_lines.is_without_points,
        sold_lines.is_discounted
    from sold_lines
    inner join buyers on sold_lines.card_id = buyers.card_id
)

select * from known
