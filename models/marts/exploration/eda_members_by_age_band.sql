with members as (
    select * from {{ ref('members') }}
    where age_band is not null
)

select
    age_band,
    count(*) as members
from members
group by age_band
order by members desc, age_band
