with sold_lines as (
    select * from {{ ref('int_sold_lines_as_of') }}
    where customer_type = 'member'
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

-- What the buyers of the as-of date had bought until then, bargains without points included.
known as (
    select {{ all_but('sold_lines', ['purchased_at', 'customer_type']) }}
    from sold_lines
    inner join buyers on sold_lines.card_id = buyers.card_id
)

select * from known
