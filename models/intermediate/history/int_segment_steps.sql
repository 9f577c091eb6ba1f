with history as (
    select * from {{ ref('member_history') }}
),

-- A buyer who had brought everything back is none until more has been bought, with no row for the months between.
steps as (
    select
        history.card_id,
        history.month_start,
        history.month_end,
        history.segment,
        history.rfm_class,
        history.rfm_group,
        month_before.month_start as previous_month_start,
        month_before.segment as previous_segment,
        month_before.rfm_class as previous_rfm_class,
        month_before.rfm_group as previous_rfm_group
    from history
    left join history as month_before
        on
            history.card_id = month_before.card_id
            and cast(history.month_start - interval 1 month as date) = month_before.month_start
)

select * from steps
