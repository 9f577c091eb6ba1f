-- The tables of the published analysis by hand: what DuckDB takes at least for them. Made of member_rows, all text.
create table members as
select
    trim(card_id, ' 　') as card_id,
    try_cast(left(birth_date, 4) as integer) as birth_year,
    case gender when '0' then 'female' when '1' then 'male' end as gender,
    try_cast(registered_at as timestamp) as registered_at
from member_rows
where trim(card_id, ' 　') <> ''
qualify row_number() over (partition by trim(card_id, ' 　') order by row_no) = 1;

create table lines as
select
    trim(kh, ' 　') as card_id,
    coalesce(
        try_cast(dtime as timestamp),
        try_strptime(dtime, ['%Y/%m/%d %H:%M:%S', '%Y%m%d']),
        timestamp '1899-12-30' + to_seconds(try_cast(dtime as double) * 86400)
    ) as purchased_at,
    spbm as product_code,
    spmc as product_name,
    try_cast(sl as integer) as quantity,
    try_cast(replace(sj, ',', '') as decimal(18, 2)) as unit_price,
    try_cast(replace(je, ',', '') as decimal(18, 2)) as amount,
    try_cast(replace(jf, ',', '') as decimal(18, 2)) as points,
    syjh as till_no,
    djh as receipt_no,
    gzbm as counter_code,
    gzmc as counter_name
from read_csv(
    getvariable('sales'), header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {
        kh: 'varchar', dtime: 'varchar', spbm: 'varchar', sl: 'varchar', sj: 'varchar', je: 'varchar', spmc: 'varchar',
        jf: 'varchar', syjh: 'varchar', djh: 'varchar', gzbm: 'varchar', gzmc: 'varchar'
    }
);

create table vip_info as
select
    lines.*,
    members.gender,
    members.registered_at,
    date_trunc('month', purchased_at) as month
from lines
inner join members on lines.card_id = members.card_id
where amount > 0 and points > 0 and quantity > 0 and purchased_at is not null and registered_at is not null;

create table customer_types as
with paid as (
    select
        lines.*,
        case
            when card_id is null then 'no_card'
            when card_id in (select card_id from members where registered_at is not null) then 'member'
            else 'unregistered_card'
        end as customer_type
    from lines
    where amount > 0 and quantity > 0 and purchased_at is not null and (card_id is null or points > 0)
)

select
    customer_type,
    count(*) as lines,
    count(distinct case when card_id is null then row(till_no, receipt_no, purchased_at) else row(card_id, '', purchased_at) end) as orders,
    sum(amount) as amount
from paid
group by customer_type;

create table members_by_birth_decade as
select
    birth_year // 10 * 10 as birth_decade,
    gender,
    count(*) as members
from members
where registered_at is not null and birth_year between 1920 and 2018
group by all;

create table orders as
select
    card_id,
    purchased_at,
    sum(amount) as amount
from vip_info
group by all;

create table orders_by_period as
select
    year(purchased_at) as year,
    quarter(purchased_at) as quarter,
    date_trunc('month', purchased_at) as month,
    day(purchased_at) as day,
    hour(purchased_at) as hour,
    count(*) as orders,
    sum(amount) as amount,
    count(distinct cast(purchased_at as date)) as trading_days
from orders
group by grouping sets ((quarter), (day), (hour), (month), (year, quarter), (year, day));

create table lrfmpsx as
with lines_of_parts as (
    select
        *,
        case
            when hour(purchased_at) < 6 then 0
            when hour(purchased_at) < 11 then 1
            when hour(purchased_at) < 14 then 2
            when hour(purchased_at) < 18 then 3
            else 4
        end as part
    from vip_info
    where purchased_at < timestamp '2018-01-03' and registered_at < timestamp '2018-01-03'
),

parts as (
    select card_id, part, count(*) as lines from lines_of_parts group by all
),

preferred as (
    select card_id, arg_max(part, lines * 10 - part) as part from parts group by card_id
),

buyers as (
    select
        card_id,
        date_diff('second', any_value(registered_at), timestamp '2018-01-03') // 86400 / 30 as l,
        date_diff('second', max(purchased_at), timestamp '2018-01-03') // 86400 / 30 as r,
        count(distinct purchased_at) as f,
        sum(amount) as m,
        sum(points) as p,
        any_value(gender) as x
    from lines_of_parts
    group by card_id
)

select
    buyers.* exclude (x),
    ['early_morning', 'morning', 'noon', 'afternoon', 'evening'][part + 1] as s,
    coalesce(x, (select mode(x) from buyers)) as x
from buyers
inner join preferred on buyers.card_id = preferred.card_id;

create table consumers_profile as
select
    *,
    case when floor(l) >= 13 then 'high' when floor(l) >= 4 then 'middle' else 'low' end as membership_level,
    case when f >= 20 then 'high' when f >= 6 then 'middle' else 'low' end as frequency_level,
    case when m >= 100000 then 'high' when m >= 10000 then 'middle' else 'low' end as amount_level,
    case when p >= 100000 then 'high' when p >= 10000 then 'middle' else 'low' end as points_level
from lrfmpsx;
