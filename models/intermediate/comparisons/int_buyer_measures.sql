with features as (
    select * from {{ ref('lrfmpsx') }}
),

buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
),

price_band_cuts as (
    select * from {{ ref('price_band_cuts') }}
),

highest_bands as (
    select
        counter_code,
        max_by(above_price, band_no) as high_above_price
    from price_band_cuts
    group by counter_code
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
                then coalesce(buyer_lines.piece_price > highest_bands.high_above_price, true)
        end as is_high_price
    from buyer_lines
    left join highest_bands on buyer_lines.counter_code is not distinct from highest_bands.counter_code
),

goods as (
    select
        card_id,
        sum(quantity) filter (where is_counted) as pieces,
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
