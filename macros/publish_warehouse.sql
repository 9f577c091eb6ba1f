{#- After a whole `dbt build` without an error: writes the marts and the seeds to a new file, which then takes the place of the one that
    analysts open. They never see half a warehouse and never block a build. -#}
{% macro publish_warehouse(results) -%}
    {%- set is_whole = flags.WHICH == 'build' and not invocation_args_dict.get('select') and not invocation_args_dict.get('exclude') -%}
    {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'skipped', 'partial success']) | list -%}
    {%- if execute and is_whole and not failed -%}
        {%- set warehouse = env_var('WAREHOUSE_PATH', 'warehouse/customer_segmentation.duckdb') -%}
        {%- do run_query("select remove_file('" ~ warehouse ~ ".new')") -%}
        {%- do run_query("attach '" ~ warehouse ~ ".new' as published") -%}
        {%- do run_query('create schema published.marts; create schema published.seeds') -%}
        {%- for node in graph.nodes.values() if node.schema in ('marts', 'seeds') and node.resource_type in ('model', 'seed') -%}
            {%- set table = node.schema ~ '.' ~ node.alias -%}
            {%- do run_query('create table published.' ~ table ~ ' as from ' ~ table) -%}
            {%- do run_query('comment on table published.' ~ table ~ " is '" ~ (node.description | replace("'", "''")) ~ "'") -%}
            {%- for column in node.columns.values() -%}
                {%- do run_query('comment on column published.' ~ table ~ '.' ~ column.name ~ " is '" ~ (column.description | replace("'", "''")) ~ "'") -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do run_query('detach published') -%}
        {%- do run_query('create schema if not exists published_models') -%}
        {%- do run_query('create or replace table published_models.cluster_model as from marts.cluster_model') -%}
        {%- do run_query("select replace_file('" ~ warehouse ~ ".new', '" ~ warehouse ~ "')") -%}
        {%- do log('Published the marts to ' ~ warehouse, info=true) -%}
    {%- endif -%}
{%- endmacro %}
