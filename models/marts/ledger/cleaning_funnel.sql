with steps as (
    select * from {{ ref('cleaning_steps') }}
),

reasons as (
    select * from {{ ref('reject_reasons') }}
),

classified as (
    select
        'members' as table_name,
        reason
    from {{ ref('int_members_classified') }}
    union all
    select
        'sales_lines' as table_name,
        reason
    from {{ ref('int_sales_lines_classified') }}
),

rows_by_reason as (
    select
        table_name,
        reason,
        count(*) as raw_rows
    from classified
    group by table_name, reason
),

rows_read as (
    select
        table_name,
        sum(raw_rows) as raw_rows
    from rows_by_reason
    group by table_name
),

-- The as-of date removes no line from the warehouse, only from the features.
after_as_of as (
    select
        (select count(*) from {{ ref('int_sales_lines_classified') }} where reason is null)
        - (select coalesce(sum(lines), 0) from {{ ref('int_orders_as_of') }}) as raw_rows
),

removed as (
    select
        reasons.table_name,
        reasons.step,
        sum(rows_by_reason.raw_rows) as raw_rows
    from reasons
    inner join rows_by_reason
        on reasons.table_name = rows_by_reason.table_name and reasons.reason = rows_by_reason.reason
    group by reasons.table_name, reasons.step
    union all
    select
        'sales_lines' as table_name,
        'as_of' as step,
        raw_rows
    from after_as_of
),

funnel as (
    select
        steps.table_name,
        steps.step_no,
        steps.step,
        steps.label_zh as step_zh,
        steps.label_en as step_en,
        coalesce(rows_read.raw_rows, 0) - sum(coalesce(removed.raw_rows, 0)) over (
            partition by steps.table_name order by steps.step_no
        ) as rows_left,
        coalesce(removed.raw_rows, 0) as rows_removed
    from steps
    left join rows_read on steps.table_name = rows_read.table_name
    left join removed on steps.table_name = removed.table_name and steps.step = removed.step
)

select
    table_name,
    step_no,
    step,
    step_zh,
    step_en,
    cast(rows_left + rows_removed as bigint) as rows_in,
    cast(rows_removed as bigint) as rows_removed,
    cast(rows_left as bigint) as rows_out
from funnel
order by table_name, step_no
