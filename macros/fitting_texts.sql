{#- The rows of a seed whose texts say nothing of what the retailer does not have. `requires` names what a text is about, columns of the
    mart retailer, several with blanks between them, or has_zero_amounts, where lines of amount zero count; of the rows of a key that fit,
    the one that is about the most. -#}
{% macro fitting_texts(seed, keys) -%}
{%- set features = [
    'has_member_table', 'has_registered_at', 'has_quantity', 'has_points', 'has_counters', 'has_overlapping_files', 'require_points'
] -%}
select texts.*
from {{ seed }} as texts
cross join {{ ref('retailer') }} as retailer
where
    texts.requires is null
    or (
        {% for feature in features -%}
        (retailer.{{ feature }} or not contains(texts.requires, '{{ feature }}')) and
        {% endfor -%}
        ({{ var('zero_amounts') == 'count' }} or not contains(texts.requires, 'has_zero_amounts'))
    )
qualify row_number() over (
    partition by {{ keys | join(', ') }}
    order by coalesce(1 + length(texts.requires) - length(replace(texts.requires, ' ', '')), 0) desc, texts.requires
) = 1
{%- endmacro %}
