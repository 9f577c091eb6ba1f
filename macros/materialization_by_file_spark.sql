{#- On Spark, a table that follows the raw files file by file is a table: made anew from all of them. -#}
{% materialization by_file, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}
