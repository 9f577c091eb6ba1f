{#- Every column has a value, but for the nullable ones, no two rows are equal in a key, which is a list of columns, and no code is missing:
    `codes` are, for a column, the values that the SQL of the project names. For small tables. -#}
{% test sound_rows(model, keys=[], nullable=[], codes={}) %}
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
{% for column, values in codes.items() %}
union all
select
    '{{ column }} lacks a code' as problem,
    cast(code as varchar) as of_row
from (select unnest({{ values }}) as code)
where code not in (select {{ column }} from {{ model }})
{% endfor %}
{% endtest %}
