with sales_lines as (
    select * from {{ ref('int_sales_lines_classified') }}
),

-- Lines without a card never have points, so points are not asked of them.
counted as (
    select
        customer_type,
        purchased_at,
        amount,
        case
            when customer_type = 'no_card' then concat_ws('|', till_no, receipt_no)
            else card_id
        end as buyer
    from sales_lines
    where
        reason is null
        or reason = 'unregistered_card'
        or (reason = 'no_card' and amount > 0 and coalesce(quantity, 1) > 0 and not is_cancelled)
),

types as (
    select
        customer_type,
        count(*) as lines,
        count(distinct (buyer, purchased_at)) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount
    from counted
    group by customer_type
)

select * from types
order by amount desc, customer_type
