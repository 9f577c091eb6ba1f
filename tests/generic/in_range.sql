{#- Fails with every row that has one of the columns below or above the bounds; null is in range. -#}
{% test in_range(model, columns, lowest, highest) %}
select {{ columns | join(', ') }}
from {{ model }}
where
    {% for column in columns -%}
    {{ column }} < {{ lowest }} or {{ column }} > {{ highest }}{{ " or" if not loop.last }}
    {% endfor %}
{% endtest %}
