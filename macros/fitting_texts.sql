{#- The rows of a seed whose texts say nothing of what the retailer does not have. `requires` names what a text is about, columns of the
    mart retailer, several with blanks between them; of the rows of a key that fit, the one that is about the most. -#}
{% macro fitting_texts(seed, keys) -%}
select texts.* exclude (requires)
from {{ seed }} as texts
cross join (
    select coalesce(list(name), []) as features
    from (
        unpivot (select columns('^(has|require)_') from {{ ref('retailer') }})
        on columns(*) into name name value is_so
    )
    where is_so
) as retailer
where texts.requires is null or list_has_all(retailer.features, string_split(texts.requires, ' '))
qualify row_number() over (
    partition by {{ keys | join(', ') }} order by len(coalesce(string_split(texts.requires, ' '), [])) desc
) = 1
{%- endmacro %}
