-- What share of the amount comes from the best tenth of the buyers, the next, and so on? One row per tenth.
with tenths as (
    select m, ntile(10) over (order by m desc, card_id) as tenth
    from {{ ref('lrfmpsx') }}
)

select
    tenth,
    count(*) as buyers,
    min(m) as smallest_amount,
    round(100 * sum(m) / nullif(sum(sum(m)) over (), 0), 1) as percent_of_amount,
    round(100 * sum(sum(m)) over (order by tenth) / nullif(sum(sum(m)) over (), 0), 1) as percent_so_far
from tenths
group by tenth
order by tenth
