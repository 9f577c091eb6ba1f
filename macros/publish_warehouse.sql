{#- After a `dbt build` that built every model and seed and passed every test of the data, those of the structure aside: copies the file that holds the marts and seeds to the one that
    analysts open. They never see half a warehouse and never block a build. -#}
{% macro publish_warehouse(results) -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set nodes = graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) | rejectattr('config.materialized', 'eq', 'ephemeral') | list -%}
        {%- set needed = nodes + graph.nodes.values() | selectattr('resource_type', 'eq', 'test') | rejectattr('tags', 'eq', ['structure']) | list -%}
        {%- set built = results | selectattr('status', 'in', ['success', 'pass', 'warn']) | map(attribute='node.unique_id') | list -%}
        {%- set missing = needed | map(attribute='unique_id') | reject('in', built) | list -%}
        {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'skipped', 'partial success']) | list -%}
        {%- set warehouse = target.path.removesuffix('.next') -%}
        {%- if missing or failed -%}
            {%- set why = (failed | length) ~ ' of its nodes failed or were skipped' if failed
                else 'it left out ' ~ (missing | length) ~ ' of ' ~ (needed | length) ~ ' models, seeds and tests' -%}
            {%- do log('Nothing is published by this build (' ~ why ~ '): analysts go on with the warehouse of the last whole build. Its tables are in '
                ~ warehouse ~ '.next. `dbt build` without a selection publishes.', info=true) -%}
        {%- else -%}
            {#- Tables of an earlier version of the project, and the mark, which is none for analysts. -#}
            {%- for schema, table in run_query(
                "select schema_name, table_name from duckdb_tables() where not temporary and database_name = " ~ sql_literal(target.database)
            ).rows if not nodes | selectattr('schema', 'eq', schema) | selectattr('alias', 'eq', table) | list -%}
                {%- do run_query('drop table ' ~ api.Relation.create(schema=schema, identifier=table)) -%}
            {%- endfor -%}
            {%- do run_query('checkpoint') -%}
            {%- set problem = run_query('select published.problem from (select publish_warehouse() as published)').rows[0]['problem'] -%}
            {%- do mark_files() -%}
            {%- if problem -%}
                {{ exceptions.raise_compiler_error(problem) }}
            {%- endif -%}
            {%- do log('Published the marts to ' ~ warehouse, info=true) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
