with buyer_lines as (
    select * from {{ ref('int_buyer_lines') }}
    where is_counted and piece_price is not null
),

price_bands as (
    select * from {{ ref('price_bands') }}
),

-- Each counter by itself, and the whole store; lines without a counter are one group too.
prices as (
    select
        counter_code,
        false as is_store,
        count(*) as lines,
        list_sort(list(piece_price)) as sorted_prices
    from buyer_lines
    group by counter_code
    union all
    select
        null as counter_code,
        true as is_store,
        count(*) as lines,
        list_sort(list(piece_price)) as sorted_prices
    from buyer_lines
),

-- The smallest price that at least the wanted share of the lines do not exceed; the lowest band has no floor.
floors as (
    select
        prices.counter_code,
        prices.is_store,
        prices.lines,
        prices.sorted_prices[-1] as highest_price,
        price_bands.band_no,
        price_bands.price_band,
        price_bands.name_zh,
        price_bands.name_en,
        case
            when price_bands.from_quantile > 0
                then
                    prices.sorted_prices[
                        cast(ceil(cast(price_bands.from_quantile as decimal(6, 4)) * prices.lines) as bigint)
                    ]
        end as above_price
    from prices
    cross join price_bands
),

cuts as (
    select
        *,
        lead(above_price) over (partition by is_store, counter_code order by band_no) as up_to_price
    from floors
),

-- Too few lines, or a price so common that bands would be empty, say nothing about a counter's own level.
counters as (
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
        counters.counter_code,
        counters.lines,
        counters.has_own_cuts,
        cuts.band_no,
        cuts.price_band,
        cuts.name_zh,
        cuts.name_en,
        cuts.above_price,
        cuts.up_to_price
    from counters
    inner join cuts
        on
            counters.has_own_cuts <> cuts.is_store
            and (cuts.is_store or counters.counter_code is not distinct from cuts.counter_code)
)

select * from chosen
