{#- A statement about each row is nowhere false; where a null leaves it open, it stands. -#}
{% test holds(model, statement) %}
select * from {{ model }}
where not ({{ statement }})
{#- Every row satisfies the condition; a row for which it is unknown (null) passes. -#}
{% test holds(model, condition) %}
select *
from {{ model }}
where not ({{ condition }})
{% endtest %}
