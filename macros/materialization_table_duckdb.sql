{#- A table, made within a transaction in place of the one before. dbt-duckdb makes it under another name and renames both: a build of demo data then takes
    30.1 processor seconds of dbt instead of 25.8. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set table = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do drop_relation_if_exists(existing) -%}
    {%- call statement('main', language=model['language']) -%}
        {{- create_table_as(false, table, compiled_code, model['language']) -}}
    {%- endcall -%}
    {%- do persist_docs(table, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}
