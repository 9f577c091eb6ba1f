with members as (
    select * from {{ ref('member_rows') }}
    where reason is null
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
    where reason is null
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

purchases as (
    select
        card_id,
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at
    from sales_lines
    group by card_id
),

-- Nobody is born after the last sale.
last_sale as (
    select max(last_purchased_at) as purchased_at from purchases
),

-- Where a shop keeps no member table or no registration time, membership begins with the first purchase. Who is listed
-- and buys only after the as-of date has not begun then, and is a member who has never bought, as those who never will.
registered as (
    select
        coalesce(members.card_id, purchases.card_id) as card_id,
        members.gender,
        members.age_band,
        members.has_birth_date_text,
        coalesce(members.has_gender_text, false) as has_gender_text,
        case
            when
                year(members.birth_date) >= {{ var('earliest_birth_year') }}
                and members.birth_date <= last_sale.purchased_at then members.birth_date
        end as birth_date,
        coalesce(
            members.registered_at,
            case
                when members.card_id is null or purchases.first_purchased_at < as_of.as_of
                    then purchases.first_purchased_at
            end
        ) as registered_at
    from members
    full outer join purchases on members.card_id = purchases.card_id
    cross join last_sale
    cross join as_of
),

-- Who registers on the as-of date or later is in no result as of it; of whom nobody knows when is.
known as (
    select
        registered.*,
        coalesce(registered.registered_at < as_of.as_of, true) as is_known_as_of
    from registered
    cross join as_of
),

-- A gender that was written but has no code (repaired_values lists it) is not filled in: it is another one.
most_frequent_gender as (
    select gender
    from known
    where gender is not null and is_known_as_of
    group by gender
    order by count(*) desc, gender
    limit 1
),

completed as (
    select
        known.card_id,
        coalesce(known.gender, case when not known.has_gender_text then most_frequent_gender.gender end) as gender,
        coalesce(known.age_band, age_bands.age_band) as age_band,
        cast(floor(year(known.birth_date) / 10) * 10 as integer) as birth_decade,
        known.gender is null and not known.has_gender_text and most_frequent_gender.gender is not null
            as is_gender_filled,
        coalesce(known.has_birth_date_text, false) and known.birth_date is null as is_birth_date_implausible,
        known.birth_date,
        known.registered_at,
        known.is_known_as_of
    from known
    left join most_frequent_gender on true
    left join age_bands
        on
            year(known.birth_date) >= age_bands.birth_year_from
            and year(known.birth_date) < age_bands.birth_year_before
)

select * from completed
order by card_id
