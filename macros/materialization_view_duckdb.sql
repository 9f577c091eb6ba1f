{#- A view, as dbt makes it; what reads it is made again where its SQL has changed, or only where its rows have,
    with the meta `kept_by_rows` (`kept_tables`). -#}
{% materialization view, adapter='duckdb' %}
    {%- do is_kept(model, is_there=false) -%}
    {%- set relations = materialization_view_default() -%}
    {%- do keep(model, contents_digest(this) if model.config.meta.kept_by_rows else 'select ' ~ sql_literal(local_md5(compiled_code))) -%}
    {{ return(relations) }}
{% endmaterialization %}
