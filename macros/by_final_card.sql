{#- Rows with the card that counts for a person: of a card that a row of the mart card_merges merges, the one at the end of the chain, and what
    the row itself named as merged_card_id. The import card_merges is read. -#}
{% macro by_final_card(rows) -%}
select
    {{ all_but(rows, ['card_id']) }},
    coalesce(card_merges.final_card_id, {{ rows }}.card_id) as card_id,
    case when card_merges.final_card_id is not null then {{ rows }}.card_id end as merged_card_id
from {{ rows }}
left join card_merges on {{ rows }}.card_id = card_merges.card_id and card_merges.reason is null
{%- endmacro %}
