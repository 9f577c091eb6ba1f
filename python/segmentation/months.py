"""The months of the data as the report, the workbook and the last lines of a build tell them."""

import datetime

# One row per month from the first to the as-of date, with what members bought in it before that; the month of the date
# has not ended. Of a month without data nothing is known.
MONTHS = """
    with as_of as (select max(as_of) as as_of from marts.member_overview),
    bought as (
        select cast(date_trunc('month', purchased_at) as date) as month_start, count(*) as orders,
            sum(amount) as amount, sum(pow(cast(amount as double), 2) order by amount) as squared_amount,
            count(distinct card_id) as buyers,
            count(distinct cast(purchased_at as date)) as trading_days
        from marts.orders join as_of on purchased_at < as_of semi join marts.member_overview using (card_id)
        where customer_type = 'member' group by all
    )
    select month_start,
        if(status = 'complete' and month_start + interval 1 month > as_of, 'partial', status) as status,
        coalesce(bought.orders, if(status = 'missing', null, 0)) as orders,
        cast(coalesce(amount, if(status = 'missing', null, 0)) as double) as amount,
        coalesce(buyers, if(status = 'missing', null, 0)) as buyers,
        coalesce(bought.trading_days, if(status = 'missing', null, 0)) as trading_days,
        squared_amount
    from marts.eda_coverage join as_of on month_start < as_of left join bought using (month_start)
    order by month_start"""


def month_before(first_day: datetime.date) -> datetime.date:
    """Return the first day of the month before one that is given by its first day."""
    return (first_day - datetime.timedelta(days=1)).replace(day=1)
