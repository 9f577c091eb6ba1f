{#- A statement about each row is nowhere false; where a null leaves it open, it stands. -#}
{% test holds(model, statement) %}
select * from {{ model }}
where not ({{ statement }})
{% endtest %}
