with sales_lines as (
    select * from {{ ref('sales_lines') }}
),

far_days as (
    select * from {{ ref('int_far_days') }}
    where not is_lone
),

retailer as (
    select * from {{ ref('stg_retailer') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

buyers as (
    select * from {{ ref('lrfmpsx') }}
),

member_returns as (
    select * from {{ ref('member_returns') }}
    where is_of_counted_purchase
),

texts as (
    select * from {{ ref('finding_texts') }}
),

-- Members' receipts of several lines. They may carry a number that begins anew every day.
receipts as (
    select min(purchased_at) < max(purchased_at) as has_several_moments
    from sales_lines
    where receipt_no is not null and reason is null
    group by card_id, till_no, receipt_no, cast(purchased_at as date)
    having count(*) > 1
),

counted as (
    select
        'unread_lines' as finding,
        count(*) filter (where reason in ('unreadable', 'no_moment', 'bad_moment', 'bad_number')) as found,
        count(*) as looked_at,
        cast(null as date) as from_day,
        cast(null as date) as to_day
    from sales_lines
    union all
    select
        'lone_days' as finding,
        count(*) filter (where reason = 'lone_day') as found,
        count(*) as looked_at,
        cast(min(purchased_at) filter (where reason = 'lone_day') as date) as from_day,
        cast(max(purchased_at) filter (where reason = 'lone_day') as date) as to_day
    from sales_lines
    union all
    select
        'far_days' as finding,
        coalesce(sum(lines), 0) as found,
        coalesce(any_value(all_lines), 0) as looked_at,
        min(day) as from_day,
        max(day) as to_day
    from far_days
    union all
    select
        'receipts_of_several_moments' as finding,
        count(*) filter (where receipts.has_several_moments and not retailer.order_is_receipt) as found,
        count(*) as looked_at,
        null as from_day,
        null as to_day
    from receipts
    cross join retailer
    union all
    select
        'registered_after_last_purchase' as finding,
        count(*) filter (where days_since_registration < days_since_last_purchase) as found,
        count(*) as looked_at,
        null as from_day,
        null as to_day
    from buyers
    union all
    select
        'returns_after_as_of' as finding,
        count(*) filter (
            where member_returns.returned_at >= as_of.as_of and '{{ var("returns") }}' = 'net'
        ) as found,
        count(*) as looked_at,
        cast(any_value(as_of.as_of) as date) as from_day,
        cast(max(member_returns.returned_at) as date) as to_day
    from member_returns
    cross join as_of
),

-- What exceeds its share stands out.
findings as (
    select
        texts.finding_no,
        counted.finding,
        cast(counted.found as bigint) as found,
        cast(counted.looked_at as bigint) as looked_at,
        {% for language in ['zh', 'en'] -%}
        replace(replace(replace(replace(replace(
            texts.text_{{ language }},
            '{found}', format('{:,}', cast(counted.found as bigint))),
            '{looked_at}', format('{:,}', cast(counted.looked_at as bigint))),
            '{share}', format('{:.1f} %', 100 * counted.found / counted.looked_at)),
            '{from_day}', coalesce(cast(counted.from_day as varchar), '')),
            '{to_day}', coalesce(cast(counted.to_day as varchar), '')) as text_{{ language }}{{ "," if not loop.last }}
        {% endfor %}
    from counted
    inner join texts on counted.finding = texts.finding
    where counted.found > texts.above_share * counted.looked_at
)

select * from findings
order by finding_no
