with members as (
    select * from {{ ref('int_members') }}
)

select
    card_id,
    gender,
    age_band,
    birth_decade,
    is_gender_filled,
    is_birth_date_implausible,
    birth_date,
    registered_at
from members
order by card_id
