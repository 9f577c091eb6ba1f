{#- The columns, taken together, tell the rows apart, and all but the nullable ones have a value. -#}
{% test key(model, columns, nullable=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_of_key
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 {%- for column in columns if column not in nullable %} or {{ column }} is null {%- endfor %}
{% endtest %}
