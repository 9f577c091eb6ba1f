{#- Every column of every row has a value. -#}
{% test no_nulls(model) %}
select * from {{ model }}
except all
select * from {{ model }}
where columns(*) is not null
{% endtest %}
