with buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
    where is_counted and piece_price is not null
),

price_bands as (
    select * from {{ ref('price_bands') }}
),

counters as (
    select * from {{ ref('counters') }}
),

counter_prices as (
    select
        counter_code,
        piece_price,
        count(*) as lines
    from buyer_lines
    group by counter_code, piece_price
),

-- Each counter by itself, and the whole store; lines without a counter are one group too.
prices as (
    select
        counter_code,
        false as is_store,
        piece_price,
        lines
    from counter_prices
    union all
    select
        null as counter_code,
        true as is_store,
        piece_price,
        sum(lines) as lines
    from counter_prices
    group by piece_price
),

cumulated as (
    select
        *,
        sum(lines) over (partition by is_store, counter_code order by piece_price) as lines_up_to,
        cast(sum(lines) over (partition by is_store, counter_code) as bigint) as all_lines
    from prices
),

-- The smallest price that at least the wanted share of the lines do not exceed; the lowest band has no floor.
floors as (
    select
        cumulated.counter_code,
        cumulated.is_store,
        price_bands.band_no,
        any_value(cumulated.all_lines) as lines,
        max(cumulated.piece_price) as highest_price,
        min(cumulated.piece_price) filter (
            where price_bands.from_quantile > 0
            and cumulated.lines_up_to >= cast(price_bands.from_quantile as decimal(6, 4)) * cumulated.all_lines
        ) as above_price
    from cumulated
    cross join price_bands
    group by cumulated.counter_code, cumulated.is_store, price_bands.band_no
),

cuts as (
    select
        *,
        lead(above_price) over (partition by is_store, counter_code order by band_no) as up_to_price
    from floors
),

-- Too few lines, or a price so common that bands would be empty, say nothing about a counter's own level.
judged as (
    select
        counter_code,
        lines,
        lines >= {{ var('price_band_min_lines') }}
        and bool_and(
            above_price is null or above_price < coalesce(up_to_price, highest_price)
        ) as has_own_cuts
    from cuts
    where not is_store
    group by counter_code, lines
),

chosen as (
    select
        judged.counter_code,
        counters.counter_name,
        judged.lines,
        judged.has_own_cuts,
        cuts.band_no,
        price_bands.price_band,
        price_bands.name_zh,
        price_bands.name_en,
        cuts.above_price,
        cuts.up_to_price
    from judged
    inner join cuts
        on
            judged.has_own_cuts <> cuts.is_store
            and (cuts.is_store or judged.counter_code is not distinct from cuts.counter_code)
    inner join price_bands on cuts.band_no = price_bands.band_no
    left join counters on judged.counter_code = counters.counter_code
)

select * from chosen
order by counter_code, band_no
