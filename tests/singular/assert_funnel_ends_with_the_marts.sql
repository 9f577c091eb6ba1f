-- The last step leaves the members that there are and the lines of the buyers: no row is removed by a step that is not
-- shown.
with last_steps as (
    select
        table_name,
        arg_max(rows_out, step_no) as rows_out
    from {{ ref('cleaning_funnel') }}
    group by table_name
),

kept as (
    select
        'members' as table_name,
        count(*) as kept
    from {{ ref('members') }}
    union all
    select
        'sales_lines' as table_name,
        sum(orders.lines) as kept
    from {{ ref('orders') }} as orders
    inner join {{ ref('lrfmpsx') }} as buyers on orders.card_id = buyers.card_id
    cross join {{ ref('int_as_of') }} as as_of
    where orders.purchased_at < as_of.as_of
)

select
    last_steps.table_name,
    last_steps.rows_out,
    kept.kept
from last_steps
inner join kept on last_steps.table_name = kept.table_name
where last_steps.rows_out <> kept.kept
