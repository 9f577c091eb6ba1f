{#- Rows with the type of customer as of the as-of date: who registered later was no member by then. The import members is read. -#}
{% macro types_as_of(rows) -%}
select
    {{ all_but(rows, ['customer_type']) }},
    case when later_members.card_id is null then {{ rows }}.customer_type else 'unregistered_card' end as customer_type
from {{ rows }}
left join (select card_id from members where not is_known_as_of) as later_members
    on {{ rows }}.card_id = later_members.card_id
{%- endmacro %}
