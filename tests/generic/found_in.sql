{#- The values of the columns, taken together, are a row of the relation `to`, of its rows that satisfy `to_where`; nulls are left out. -#}
{% test found_in(model, columns, to, to_columns=none, to_where='true') %}
select distinct {{ columns | join(', ') }}
from {{ model }}
where ({{ columns | join(', ') }}) not in (select ({{ (to_columns or columns) | join(', ') }}) from {{ to }} where {{ to_where }})
    {% for column in columns -%}
    and {{ column }} is not null
    {% endfor -%}
{% endtest %}
