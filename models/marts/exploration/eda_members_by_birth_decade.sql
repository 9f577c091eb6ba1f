with members as (
    select * from {{ ref('members') }}
    where birth_decade is not null
),

decades as (
    select
        birth_decade,
        coalesce(gender, 'unknown') as gender,
        count(*) as members
    from members
    group by all
)

select * from decades
order by birth_decade, gender
