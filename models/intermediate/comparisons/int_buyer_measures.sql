with features as (
    select * from {{ ref('lrfmpsx') }}
),

buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
),

price_band_cuts as (
    select * from {{ ref('price_band_cuts') }}
),

lowest_and_highest as (
    select
        min(band_no) as lowest,
        max(band_no) as highest
    from price_band_cuts
),

outer_bands as (
    select
        price_band_cuts.counter_code,
        max(price_band_cuts.up_to_price) filter (where price_band_cuts.band_no = lowest_and_highest.lowest)
            as low_up_to_price,
        max(price_band_cuts.above_price) filter (where price_band_cuts.band_no = lowest_and_highest.highest)
            as high_above_price
    from price_band_cuts
    cross join lowest_and_highest
    group by price_band_cuts.counter_code
),

-- Prices are ranked among the counted lines; a bargain can be a line with or without points.
banded as (
    select
        buyer_lines.card_id,
        buyer_lines.quantity,
        buyer_lines.is_counted,
        buyer_lines.is_without_points,
        buyer_lines.is_below_price,
        buyer_lines.is_discounted,
        case
            when buyer_lines.piece_price is not null
                then coalesce(buyer_lines.piece_price <= outer_bands.low_up_to_price, true)
        end as is_low_price,
        case
            when buyer_lines.piece_price is not null
                then coalesce(buyer_lines.piece_price > outer_bands.high_above_price, true)
        end as is_high_price
    from buyer_lines
    left join outer_bands on buyer_lines.counter_code is not distinct from outer_bands.counter_code
),

goods as (
    select
        card_id,
        sum(quantity) filter (where is_counted) as pieces,
        avg(cast(is_low_price as integer)) filter (where is_counted) as low_price_share,
        avg(cast(is_high_price as integer)) filter (where is_counted) as high_price_share,
        avg(cast(is_discounted as integer)) as discounted_share,
        {{ bargain_shares('banded') }}
    from banded
    group by card_id
),

measures as (
    select
        features.card_id,
        features.m as amount,
        features.f as orders,
        features.days_since_registration as tenure,
        features.days_since_last_purchase as recency,
        goods.low_price_share,
        goods.high_price_share,
        goods.below_price_share,
        goods.without_points_share,
        goods.discounted_share,
        -- Equal means of different sums must be equal: they share a place.
        round(cast(features.m as double) / features.f, 6) as amount_per_order,
        round(cast(goods.pieces as double) / features.f, 6) as pieces_per_order
    from features
    inner join goods on features.card_id = goods.card_id
)

select * from measures
