from segmentation.days_off import days_off


def model(dbt, session):
    [(country,)] = dbt.ref("stg_retailer").project("holidays").fetchall()
    orders = dbt.ref("orders").project("cast(purchased_at as date) as day")
    ends = dbt.ref("int_as_of").project("cast(as_of as date) as day")
    [(first, last)] = orders.union(ends).aggregate("min(day), max(day)").fetchall()
    return days_off(country, first, last)
