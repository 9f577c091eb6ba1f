with orders as (
    select * from {{ ref('int_basket_orders') }}
),

basket_items as (
    select * from {{ ref('int_basket_items') }}
),

items as (
    select * from {{ ref('int_items') }}
),

first_orders as (
    select * from orders
    where nth_order = 1
),

second_orders as (
    select * from orders
    where nth_order = 2
),

returned as (
    select
        first_orders.order_no,
        second_orders.order_no as next_order_no,
        second_orders.month_start as next_month_start,
        {{ whole_days_between('first_orders.purchased_at', 'second_orders.purchased_at') }} as days_between
    from first_orders
    inner join second_orders on first_orders.card_id = second_orders.card_id
),

-- Second orders of which something of the level is recorded: shares of others would be too small.
recorded as (
    select distinct
        returned.order_no,
        returned.next_month_start,
        basket_items.level,
        basket_items.size_class
    from returned
    inner join basket_items on returned.next_order_no = basket_items.order_no
),

-- What the most members began with.
first_items as (
    select
        basket_items.level,
        basket_items.item_no,
        count(*) as members,
        count(returned.order_no) as returned_members,
        count(recorded.order_no) as recorded_members
    from basket_items
    inner join first_orders on basket_items.order_no = first_orders.order_no
    left join returned on basket_items.order_no = returned.order_no
    left join recorded on basket_items.order_no = recorded.order_no and basket_items.level = recorded.level
    group by basket_items.level, basket_items.item_no
    having count(returned.order_no) >= {{ var('basket_min_orders') }}
    qualify
        row_number() over (partition by basket_items.level order by members desc, basket_items.item_no)
        <= {{ var('basket_top') }}
),

first_months as (
    select
        basket_items.item_no,
        recorded.next_month_start,
        recorded.size_class,
        count(*) as members
    from basket_items
    inner join recorded on basket_items.order_no = recorded.order_no and basket_items.level = recorded.level
    inner join first_items on basket_items.item_no = first_items.item_no
    group by basket_items.item_no, recorded.next_month_start, recorded.size_class
),

-- What they came back for, whatever they began with.
second_months as (
    select
        basket_items.level,
        basket_items.item_no,
        returned.next_month_start,
        basket_items.size_class,
        count(*) as members
    from basket_items
    inner join returned on basket_items.order_no = returned.next_order_no
    group by basket_items.level, basket_items.item_no, returned.next_month_start, basket_items.size_class
),

second_items as (
    select
        level,
        item_no
    from second_months
    group by level, item_no
    having sum(members) >= {{ var('basket_min_orders') }}
),

level_months as (
    select
        level,
        next_month_start,
        size_class,
        count(*) as members
    from recorded
    group by level, next_month_start, size_class
),

pairs_compared as (
    select
        first_items.level,
        count(*) as pairs
    from first_items
    inner join second_items on first_items.level = second_items.level
    group by first_items.level
),

followed as (
    select
        firsts.level,
        firsts.item_no,
        nexts.item_no as next_item_no,
        count(*) as next_members,
        cast(median(returned.days_between) as double) as median_days_between
    from returned
    inner join basket_items as firsts on returned.order_no = firsts.order_no
    inner join basket_items as nexts
        on returned.next_order_no = nexts.order_no and firsts.level = nexts.level
    inner join first_items on firsts.item_no = first_items.item_no
    inner join second_items on nexts.item_no = second_items.item_no
    group by firsts.level, firsts.item_no, nexts.item_no
    having count(*) >= {{ var('basket_min_orders') }}
),

-- By month of the second order, as nobody comes back for what is not sold then, and by its size, as who began with much
-- often comes back for much, whatever it is.
chances as (
    select
        followed.item_no,
        followed.next_item_no,
        sum(
            cast(first_months.members as double) * second_months.members / level_months.members
            {{ in_order('first_months.next_month_start, first_months.size_class') }}
        ) as chance_members
    from followed
    inner join first_months on followed.item_no = first_months.item_no
    inner join second_months
        on
            followed.next_item_no = second_months.item_no
            and first_months.next_month_start = second_months.next_month_start
            and first_months.size_class = second_months.size_class
    inner join level_months
        on
            followed.level = level_months.level
            and first_months.next_month_start = level_months.next_month_start
            and first_months.size_class = level_months.size_class
    group by followed.item_no, followed.next_item_no
),

ranked as (
    select
        followed.level,
        items.item_code,
        items.item_name,
        first_items.members,
        first_items.returned_members,
        first_items.recorded_members,
        cast(row_number() over (
            partition by followed.item_no order by followed.next_members desc, followed.next_item_no
        ) as integer) as next_rank,
        next_items.item_code as next_item_code,
        next_items.item_name as next_item_name,
        followed.next_members,
        cast(followed.next_members as double) / first_items.recorded_members as share,
        chances.chance_members / first_items.recorded_members as usual_share,
        cast(followed.next_members as double) / chances.chance_members as lift,
        followed.median_days_between,
        {{ is_above_chance('followed.next_members', 'chances.chance_members', 'pairs_compared.pairs') }}
            as is_above_chance,
        {{ is_small('first_items.recorded_members') }} as is_small
    from followed
    inner join first_items on followed.item_no = first_items.item_no
    inner join chances
        on followed.item_no = chances.item_no and followed.next_item_no = chances.next_item_no
    inner join pairs_compared on followed.level = pairs_compared.level
    inner join items on followed.item_no = items.item_no
    inner join items as next_items on followed.next_item_no = next_items.item_no
    qualify next_rank <= {{ var('next_purchases_per_item') }}
)

select * from ranked
order by level, members desc, item_code, next_rank
