-- In each month the pairs of segments hold every buyer once.
with migrated as (
    select
        scheme,
        month_start,
        sum(members) as members
    from {{ ref('segment_migration') }}
    group by scheme, month_start
),

population as (
    select
        month_start,
        count(*) as members
    from {{ ref('member_history') }}
    group by month_start
)

select
    migrated.scheme,
    migrated.month_start,
    migrated.members,
    population.members as buyers
from migrated
full outer join population on migrated.month_start = population.month_start
where migrated.members is distinct from population.members
