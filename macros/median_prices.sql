{#- The middle price of a piece in each group of lines, as median() gives it; that would hold every line in memory, and many have the same price. -#}
{% macro median_prices(lines, keys) -%}
{%- set keys = keys | join(', ') -%}
select
    {{ keys }},
    avg(cast(piece_price as double)) as median_piece_price
from (
    select
        {{ keys }},
        piece_price,
        count(*) as lines,
        sum(count(*)) over (partition by {{ keys }} order by piece_price) as lines_up_to,
        sum(count(*)) over (partition by {{ keys }}) as all_lines
    from {{ lines }}
    where piece_price is not null
    group by {{ keys }}, piece_price
) as prices
where 2 * lines_up_to >= all_lines and 2 * (lines_up_to - lines) <= all_lines
group by {{ keys }}
{%- endmacro %}
