with buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
),

price_band_cuts as (
    select * from {{ ref('int_price_band_cuts') }}
),

lowest_and_highest as (
    select
        min(band_no) as lowest,
        max(band_no) as highest
    from price_band_cuts
),

-- Prices are ranked among the counted lines; a bargain can be a line with or without points.
banded as (
    select
        buyer_lines.card_id,
        buyer_lines.is_counted,
        buyer_lines.is_without_points,
        buyer_lines.is_below_price,
        case
            when coalesce(buyer_lines.is_without_points, buyer_lines.is_below_price) is not null
                then coalesce(buyer_lines.is_without_points, false) or coalesce(buyer_lines.is_below_price, false)
        end as is_discounted,
        price_band_cuts.band_no = lowest_and_highest.lowest as is_low_price,
        price_band_cuts.band_no = lowest_and_highest.highest as is_high_price
    from buyer_lines
    cross join lowest_and_highest
    left join price_band_cuts
        on
            buyer_lines.counter_code is not distinct from price_band_cuts.counter_code
            and (buyer_lines.piece_price > price_band_cuts.above_price or price_band_cuts.above_price is null)
            and (buyer_lines.piece_price <= price_band_cuts.up_to_price or price_band_cuts.up_to_price is null)
            and buyer_lines.piece_price is not null
),

goods as (
    select
        card_id,
        count(*) as sold_lines,
        count(*) filter (where is_counted) as counted_lines,
        avg(cast(is_low_price as integer)) filter (where is_counted) as low_price_share,
        avg(cast(is_high_price as integer)) filter (where is_counted) as high_price_share,
        avg(cast(is_below_price as integer)) as below_price_share,
        avg(cast(is_without_points as integer)) as without_points_share,
        avg(cast(is_discounted as integer)) as discounted_share
    from banded
    group by card_id
)

select * from goods
