with features as (
    select * from {{ ref('int_buyer_features') }}
)

select
    card_id,
    l,
    r,
    f,
    m,
    p,
    s,
    x
from features
order by card_id
