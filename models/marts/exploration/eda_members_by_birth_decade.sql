with members as (
    select * from {{ ref('members') }}
    where birth_decade is not null
),

decades as (
    select
        birth_decade,
        gender,
        count(*) as members
    from members
    group by birth_decade, gender
)

select * from decades
order by birth_decade, gender
