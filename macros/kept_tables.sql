{#- Makes the list of the tables and views that were made, in the working file, with digests of what they come of and of their rows, or of the SQL of a view.
    What was not made to its end has no digest of its rows. Where the list was not written for this file of the marts, as when older code has
    replaced its tables or one of both files comes from a backup, it begins anew, and so do the versions of files of tables `by_file`. A project that
    installs this one makes tables by dbt's own means, without the list: it begins with none. -#}
{% macro list_kept_tables() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do run_query(
            'create schema if not exists work.kept; create table if not exists work.kept.tables (node varchar, inputs varchar, contents varchar);'
            ~ ' create table if not exists work.kept.mark (mark uuid); create table if not exists main.kept_mark (mark uuid)'
        ) -%}
        {%- set found = run_query(
            'select exists (from work.kept.mark join main.kept_mark using (mark)) as fits, exists (from work.kept.tables) as is_any'
        ).rows[0] -%}
        {%- if not found.fits -%}
            {%- for schema, table in run_query(
                "select schema_name, table_name from duckdb_tables() where database_name = 'work' and suffix(table_name, '__files')"
            ).rows -%}
                {%- do run_query('drop table ' ~ api.Relation.create(database='work', schema=schema, identifier=table)) -%}
            {%- endfor -%}
            {%- if found.is_any -%}
                {%- do exceptions.warn(target.path ~ ' is not as the last build left it: all tables are made anew.') -%}
            {%- endif -%}
        {%- endif -%}
        {%- if not found.fits or project_name != 'customer_segmentation' -%}
            {%- do run_query('delete from work.kept.tables') -%}
        {%- endif -%}
        {%- do mark_files() -%}
    {%- endif -%}
{%- endmacro %}


{#- Puts a new mark into both files, by which the next build knows that the list was written for this file of the marts: each build has its own, so
    that no copy from before or of meanwhile fits. Older code, which does not know the list, drops the table of the mark as none of its own. -#}
{% macro mark_files() -%}
    {%- do run_query(
        "set variable mark = uuid(); create or replace table work.kept.mark as select getvariable('mark') as mark;"
        ~ " create or replace table main.kept_mark as select getvariable('mark') as mark"
    ) -%}
{%- endmacro %}


{#- Whether a build would make of a table what is there from the one before; if not, the list says that it is being made. -#}
{% macro is_kept(node, is_there=true) -%}
    {%- set named = 'node = ' ~ sql_literal(node.unique_id) -%}
    {%- set is_usable = "coalesce(contents is not null and inputs = getvariable('inputs'), false)" if is_there and not should_full_refresh() else 'false' -%}
    {{ return(run_query(
        'set variable inputs = (' ~ inputs_digest(node) ~ ');'
        ~ ' delete from work.kept.tables where ' ~ named ~ ' and not ' ~ is_usable ~ ';'
        ~ ' insert into work.kept.tables by name select ' ~ sql_literal(node.unique_id) ~ " as node, getvariable('inputs') as inputs"
        ~ ' where not exists (from work.kept.tables where ' ~ named ~ ');'
        ~ ' select contents is not null as is_kept from work.kept.tables where ' ~ named
    ).rows[0].is_kept) }}
{%- endmacro %}


{#- Says on the list that a table or view was made to its end. A view on it that is known by its rows shows others now: where only a part is built,
    perhaps without the view, what reads it cannot be kept until it is made again. -#}
{% macro keep(node, contents) -%}
    {%- do run_query('update work.kept.tables set contents = (' ~ contents ~ ') where node = ' ~ sql_literal(node.unique_id)) -%}
    {%- if invocation_args_dict.select or invocation_args_dict.exclude -%}
        {%- for id, other in graph.nodes.items() if other.config.meta.kept_by_rows and node.unique_id in other.depends_on.nodes -%}
            {%- do run_query('update work.kept.tables set contents = null where node = ' ~ sql_literal(id)) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{#- Query of a digest of the columns of a table and of its rows, whatever their order: the hash of a row knows no names. -#}
{% macro contents_digest(table) -%}
    select concat(count(*), ' ', sum(hash(contents)), ' ', (
        select md5(string_agg(concat(column_name, ' ', column_type), ', ')) from (describe {{ table }})
    )) from {{ table }} as contents
{%- endmacro %}


{#- Query of a digest of all that the rows of a table come of: its own text and settings, the code that makes it, and the contents of what it
    reads. Null where a table that it reads was not made to its end. -#}
{% macro inputs_digest(node) -%}
    {%- set inputs = {} -%}
    {%- do read_inputs(node, inputs) -%}
    {%- set texts = [compiled_code, node.description, tojson(node.columns), tojson(node.constraints | default([])), tojson(node.config)] -%}
    {%- set digests = ['code_digest()'] -%}
    {%- set models = [] -%}
    {%- for id, input in inputs | dictsort -%}
        {%- if input.resource_type == 'source' and 'row_no' in input.columns -%}
            {#- All that these rows depend on: the ledger of the landed files, and how the retailer file has them read. -#}
            {%- set table = sql_literal(input.name) -%}
            {%- do digests.append(
                "coalesce((select string_agg(concat_ws('|', part, source_file, sha256, reader, raw_rows, unreadable_rows), '|' order by part, source_file)"
                ~ " from work.raw.files where table_name = " ~ table ~ "), '')"
            ) -%}
            {%- do digests.append(
                "(select sql from duckdb_views() where database_name = 'work' and schema_name = 'raw' and view_name = " ~ table ~ ")"
            ) -%}
        {%- elif input.resource_type in ['source', 'seed'] -%}
            {%- do digests.append(
                '(' ~ contents_digest(api.Relation.create(input.database, input.schema, input.identifier or input.alias)) ~ ')'
            ) -%}
        {%- else -%}
            {%- do models.append(sql_literal(id)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if models -%}
        {%- do digests.append(
            '(select case when count(contents) = ' ~ models | length ~ " then string_agg(concat_ws('|', node, contents), '|' order by node) end"
            ~ ' from work.kept.tables where node in (' ~ models | join(', ') ~ '))'
        ) -%}
    {%- endif -%}
    {%- if node.config.meta.published -%}
        {%- do digests.append('published_digest(' ~ sql_literal(node.config.meta.published) ~ ')') -%}
    {%- endif -%}
    select md5('{{ local_md5(texts | join("|")) }}' || {{ digests | join(" || '|' || ") }})
{%- endmacro %}


{#- Adds to a dictionary what a node reads, by its id, and what the views among that read, but for those whose rows tell. -#}
{% macro read_inputs(node, inputs) -%}
    {%- for id in node.depends_on.nodes if id not in inputs -%}
        {%- set input = graph.sources[id] if id in graph.sources else graph.nodes[id] -%}
        {%- do inputs.update({id: input}) -%}
        {%- if input.config.materialized == 'view' and not input.config.meta.kept_by_rows -%}
            {%- do read_inputs(input, inputs) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
