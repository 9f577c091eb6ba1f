from segmentation.days_off import days_off


def model(dbt, session):
    [(country,)] = dbt.ref("stg_retailer").project("holidays").fetchall()
    [(first, last)] = dbt.ref("orders").aggregate("min(purchased_at), max(purchased_at)").fetchall()
    [(as_of,)] = dbt.ref("int_as_of").project("as_of").fetchall()
    return days_off(country, first, last, as_of)
