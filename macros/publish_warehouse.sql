{#- After a whole `dbt build` without an error: describes the marts and seeds, and copies the file that holds them to the one that
    analysts open. They never see half a warehouse and never block a build. -#}
{% macro publish_warehouse(results) -%}
    {%- set is_whole = flags.WHICH == 'build' and not invocation_args_dict.get('select') and not invocation_args_dict.get('exclude') -%}
    {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'skipped', 'partial success']) | list -%}
    {%- if execute and is_whole and not failed -%}
        {%- set nodes = graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) | selectattr('database', 'eq', target.database) | list -%}
        {%- set statements = [] -%}
        {#- Tables of an earlier version of the project. -#}
        {%- for schema, table in run_query(
            "select schema_name, table_name from duckdb_tables() where database_name = '" ~ target.database ~ "' and not temporary"
        ).rows if not nodes | selectattr('schema', 'eq', schema) | selectattr('alias', 'eq', table) | list -%}
            {%- do statements.append('drop table "' ~ schema ~ '"."' ~ table ~ '"') -%}
        {%- endfor -%}
        {%- for node in nodes -%}
            {%- set table = node.schema ~ '.' ~ node.alias -%}
            {%- do statements.append('comment on table ' ~ table ~ " is '" ~ node.description | replace("'", "''") ~ "'") -%}
            {%- for column in node.columns.values() -%}
                {%- do statements.append('comment on column ' ~ table ~ '.' ~ column.name ~ " is '" ~ column.description | replace("'", "''") ~ "'") -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do run_query(statements | join(';\n')) -%}
        {%- do run_query('checkpoint') -%}
        {%- do run_query('create schema if not exists work.published_models') -%}
        {%- do run_query('create or replace table work.published_models.cluster_model as from marts.cluster_model') -%}
        {%- set warehouse = env_var('WAREHOUSE_PATH', 'warehouse/customer_segmentation.duckdb') -%}
        {%- do run_query("select publish_file('" ~ warehouse ~ ".next', '" ~ warehouse ~ "')") -%}
        {%- do log('Published the marts to ' ~ warehouse, info=true) -%}
    {%- endif -%}
{%- endmacro %}
