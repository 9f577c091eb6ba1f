{#- A test, done as dbt does it; in a build, one that found nothing is done again only where its SQL or the rows that it reads have changed
    (`kept_tables`). `dbt test` does all. -#}
{% materialization test, adapter='duckdb' %}
    {%- if flags.WHICH == 'build' and is_kept(model) -%}
        {%- call statement('main', fetch_result=true) -%}
            select 0 as failures, false as should_warn, false as should_error
        {%- endcall -%}
        {{ return({'relations': []}) }}
    {%- endif -%}
    {%- set relations = materialization_test_default() -%}
    {%- if flags.WHICH == 'build' and load_result('main').table.rows[0].failures == 0 -%}
        {%- do adapter.commit() -%}
        {%- do keep(model, "select 'passed'") -%}
    {%- endif -%}
    {{ return(relations) }}
{% endmaterialization %}
