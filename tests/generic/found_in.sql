{#- The values of the columns, taken together, are a row of the relation `to`, of its rows that satisfy `to_where`; nulls are left out. -#}
{% test found_in(model, columns, to, to_columns=none, to_where='true') %}
{%- set columns_of_to = to_columns or columns %}
select distinct {{ columns | join(', ') }}
from {{ model }}
where
    -- One null among them, and nothing would be `not in` them.
    ({{ columns | join(', ') }}) not in (
        select ({{ columns_of_to | join(', ') }})
        from {{ to }}
        where {{ to_where }} {% for column in columns_of_to %} and {{ column }} is not null {%- endfor %}
    )
    {% for column in columns -%}
    and {{ column }} is not null
    {% endfor -%}
{% endtest %}
