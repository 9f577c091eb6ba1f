{#- A table, made under its own name in one transaction, so that the one before stays where its query fails. dbt-duckdb makes it under another
    name and renames both: four statements and their bookkeeping more for each model. There are no hooks, indexes or grants here. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- if existing_relation is not none -%}
        {%- do adapter.ensure_transaction() -%}
        {%- do adapter.drop_relation(existing_relation) -%}
    {%- endif -%}
    {%- call statement('main', language=model['language']) -%}
        {{ create_table_as(False, target_relation, compiled_code, model['language']) }}
    {%- endcall -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
