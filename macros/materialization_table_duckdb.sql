{#- A table, kept as it is where nothing that its rows come of has changed (`kept_tables`), or else made within a transaction in place of the one before.
    dbt-duckdb makes it under another name and renames both: a build of demo data then takes 30.1 processor seconds of dbt instead of 25.8. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set table = this.incorporate(type='table') -%}
    {%- if is_kept(model, is_there=existing is not none and existing.is_table) -%}
        {%- call noop_statement('main', 'kept') -%}{%- endcall -%}
        {{ return({'relations': [table]}) }}
    {%- endif -%}
    {{ run_hooks(pre_hooks) }}
    {%- do drop_relation_if_exists(existing) -%}
    {%- call statement('main', language=model['language']) -%}
        {{- create_table_as(false, table, compiled_code, model['language']) -}}
    {%- endcall -%}
    {%- do persist_docs(table, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {%- do keep(model, contents_digest(table)) -%}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}
