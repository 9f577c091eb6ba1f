with members as (
    select * from {{ ref('members') }}
    where age_band is not null
),

age_bands as (
    select
        age_band,
        count(*) as members
    from members
    group by age_band
)

select * from age_bands
order by members desc, age_band
