"""The months of the data as the report, the workbook and the last lines of a build tell them."""

# The as-of date; null where nobody is left.
AS_OF = "(select max(as_of) from marts.member_overview)"

# The orders until the as-of date, each of the type that its customer was by then: who registered later was an
# unregistered card.
ORDERS = f"""(
    select * replace (
        case
            when customer_type = 'member' and card_id not in (select card_id from marts.member_overview)
                then 'unregistered_card'
            else customer_type
        end as customer_type
    )
    from marts.orders where purchased_at < {AS_OF}
) as orders"""

# One row per month from the first to the as-of date, with what members bought in it before that; the month of the date
# is partial where trade is to come in it. Of a month without data nothing is known, and of one day no variance of the
# days with an order.
MONTHS = f"""
    with months as (
        select distinct month_start, month_status as status
        from marts.life_cycle_by_month where month_start < {AS_OF}
    ),
    bought as (
        select cast(date_trunc('month', purchased_at) as date) as month_start, cast(purchased_at as date) as day,
            card_id, amount
        from {ORDERS} where customer_type = 'member'
    ),
    by_day as (
        select month_start, day, count(*) as orders, cast(sum(amount) as double) as amount from bought group by all
    ),
    by_month as (
        select month_start, cast(sum(orders) as bigint) as orders, count(*) as trading_days,
            var_samp(orders order by day) as orders_variance, var_samp(amount order by day) as amount_variance
        from by_day group by month_start
    ),
    of_month as (
        select month_start, sum(amount) as amount, count(distinct card_id) as buyers from bought group by month_start
    )
    select month_start, status,
        coalesce(by_month.orders, if(status = 'missing', null, 0)) as orders,
        cast(coalesce(amount, if(status = 'missing', null, 0)) as double) as amount,
        coalesce(buyers, if(status = 'missing', null, 0)) as buyers,
        coalesce(by_month.trading_days, if(status = 'missing', null, 0)) as trading_days,
        orders_variance, amount_variance
    from months left join by_month using (month_start) left join of_month using (month_start)
    order by month_start"""
