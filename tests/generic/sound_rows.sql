{#- Every column has a value, but for the nullable ones, and no two rows are equal in a key, which is a list of columns. For small tables. -#}
{% test sound_rows(model, keys=[], nullable=[]) %}
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
{% endtest %}
