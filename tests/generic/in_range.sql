{% test in_range(model, column_name, lowest=none, highest=none) %}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} < {{ lowest if lowest is not none else column_name }}
    or {{ column_name }} > {{ highest if highest is not none else column_name }}
{% endtest %}
