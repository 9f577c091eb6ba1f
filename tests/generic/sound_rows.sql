{#- Every column has a value, but for the nullable ones, and no two rows are equal in a key, which is a list of columns. A column of `complete`
    has exactly the listed values, those that the models know; one of `codes` has these among others. For small tables. -#}
{% test sound_rows(model, keys=[], nullable=[], complete={}, codes={}) %}
select
    'a value is missing' as problem,
    cast(incomplete as varchar) as of_row
from (
    select * from {{ model }}
    except all
    select * from {{ model }}
    where columns(*{% if nullable %} exclude ({{ nullable | join(', ') }}){% endif %}) is not null
) as incomplete
{% for key in keys %}
union all
select
    '{{ key | join(", ") }} is not unique' as problem,
    cast(row({{ key | join(', ') }}) as varchar) as of_row
from {{ model }}
group by {{ key | join(', ') }}
having count(*) > 1
{% endfor %}
{% for column, values in complete.items() %}
union all
select
    '{{ column }} must be {{ values | join(", ") }}, each at least once' as problem,
    cast(found as varchar) as of_row
from (select list(distinct cast({{ column }} as varchar) order by cast({{ column }} as varchar)) as found from {{ model }})
where found is distinct from list_sort(['{{ values | join("', '") }}'])
{% endfor %}
{% for column, values in codes.items() %}
union all
select
    '{{ column }} lacks a code' as problem,
    cast(code as varchar) as of_row
from (select unnest({{ values }}) as code)
where code not in (select {{ column }} from {{ model }})
{% endfor %}
{% endtest %}
