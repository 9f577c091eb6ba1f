with orders as (
    select * from {{ ref('int_basket_orders') }}
),

counter_items as (
    select * from {{ ref('int_basket_items') }}
    where level = 'counter'
),

counters as (
    select * from {{ ref('int_items') }}
    where level = 'counter'
),

segments as (
    select * from {{ ref('segment_summary') }}
),

scope_texts as (
    select * from {{ ref('texts') }}
),

order_counters as (
    select
        order_no,
        count(*) as counters
    from counter_items
    group by order_no
),

member_counters as (
    select
        orders.card_id,
        count(distinct counter_items.item_no) as counters
    from counter_items
    inner join orders on counter_items.order_no = orders.order_no
    group by orders.card_id
),

-- Orders of all, of each segment, and at each counter what of the order came from there.
scoped_orders as (
    select
        'all' as scope,
        'all' as code,
        card_id,
        order_no,
        lines,
        pieces
    from orders
    union all
    select
        'segment' as scope,
        cast(segment as string) as code,
        card_id,
        order_no,
        lines,
        pieces
    from orders
    union all
    select
        'counter' as scope,
        counters.item_code as code,
        orders.card_id,
        orders.order_no,
        counter_items.lines,
        counter_items.pieces
    from counter_items
    inner join orders on counter_items.order_no = orders.order_no
    inner join counters on counter_items.item_no = counters.item_no
),

order_totals as (
    select
        scoped_orders.scope,
        scoped_orders.code,
        count(*) as orders,
        sum(scoped_orders.lines) as lines,
        sum(scoped_orders.pieces) as pieces,
        avg(cast(scoped_orders.lines > 1 as integer)) as several_lines_share,
        avg(cast(order_counters.counters > 1 as integer)) as several_counters_share
    from scoped_orders
    left join order_counters on scoped_orders.order_no = order_counters.order_no
    group by scoped_orders.scope, scoped_orders.code
),

scoped_members as (
    select distinct
        scope,
        code,
        card_id
    from scoped_orders
),

member_totals as (
    select
        scoped_members.scope,
        scoped_members.code,
        count(*) as members,
        avg(cast(member_counters.counters > 1 as integer)) as several_counters_members_share
    from scoped_members
    left join member_counters on scoped_members.card_id = member_counters.card_id
    group by scoped_members.scope, scoped_members.code
),

attach_rates as (
    select
        order_totals.scope,
        order_totals.code,
        coalesce(scope_texts.text_zh, segments.segment_name_zh, counters.item_name, order_totals.code) as name_zh,
        coalesce(scope_texts.text_en, segments.segment_name_en, counters.item_name, order_totals.code) as name_en,
        member_totals.members,
        order_totals.orders,
        cast(order_totals.lines as bigint) as lines,
        cast(order_totals.pieces as double) / order_totals.orders as attach_rate,
        cast(order_totals.lines as double) / order_totals.orders as lines_per_order,
        order_totals.several_lines_share,
        order_totals.several_counters_share,
        member_totals.several_counters_members_share,
        {{ is_small('order_totals.orders') }} or {{ is_small('member_totals.members') }} as is_small
    from order_totals
    inner join member_totals
        on order_totals.scope = member_totals.scope and order_totals.code = member_totals.code
    left join scope_texts on 'scope_' || order_totals.scope = scope_texts.text_key
    left join segments
        on order_totals.scope = 'segment' and order_totals.code = cast(segments.segment as string)
    left join counters
        on order_totals.scope = 'counter' and order_totals.code = counters.item_code
)

select * from attach_rates
order by scope, code
