with reasons as (
    select * from {{ ref('reject_reasons') }}
),

steps as (
    {{ fitting_texts(ref('cleaning_steps'), ['table_name', 'step']) }}
),

classified as (
    select
        'members' as table_name,
        reason
    from {{ ref('member_rows') }}
    union all
    select
        'sales_lines' as table_name,
        reason
    from {{ ref('sales_lines') }}
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

-- The last steps remove no line from the warehouse, only from the features.
kept_lines as (
    select coalesce(sum(raw_rows), 0) as lines
    from rows_by_reason
    where table_name = 'sales_lines' and reason is null
),

not_in_features as (
    select
        any_value(kept_lines.lines) - coalesce(sum(orders.lines), 0) as lines_after_as_of,
        coalesce(sum(orders.lines) filter (where buyers.card_id is null), 0) as lines_of_no_buyer
    from kept_lines
    left join {{ ref('int_orders_as_of') }} as orders on true
    left join {{ ref('lrfmpsx') }} as buyers on orders.card_id = buyers.card_id
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
        lines_after_as_of as raw_rows
    from not_in_features
    union all
    select
        'sales_lines' as table_name,
        'net_buyer' as step,
        lines_of_no_buyer as raw_rows
    from not_in_features
),

counted as (
    select
        steps.table_name,
        -- Without the steps that are not taken.
        cast(row_number() over (partition by steps.table_name order by steps.step_no) as integer) as step_no,
        steps.step,
        steps.name_zh as step_name_zh,
        steps.name_en as step_name_en,
        coalesce(rows_read.raw_rows, 0) - sum(coalesce(removed.raw_rows, 0)) over (
            partition by steps.table_name order by steps.step_no
        ) as rows_left,
        coalesce(removed.raw_rows, 0) as rows_removed
    from steps
    left join rows_read on steps.table_name = rows_read.table_name
    left join removed on steps.table_name = removed.table_name and steps.step = removed.step
    {% if var('returns') == 'drop' -%}
    where steps.step <> 'net_buyer'
    {%- endif %}
),

funnel as (
    select
        table_name,
        step_no,
        step,
        step_name_zh,
        step_name_en,
        cast(rows_left + rows_removed as bigint) as rows_in,
        cast(rows_removed as bigint) as rows_removed,
        cast(rows_left as bigint) as rows_out
    from counted
)

select * from funnel
order by table_name, step_no
