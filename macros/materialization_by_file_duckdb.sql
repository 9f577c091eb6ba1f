{#- A table of lines of the raw files that follows these file by file: the rows of new and changed files are made, those of files that are gone leave,
    all others stay. The model's SQL says what the whole table is; of the relation that its setting `lines` names, only the lines of files to be made are read.
    A file is made again when its version changes, a digest of all that its rows depend on: its content, the model, the views below it, the raw tables that
    are joined to its lines, and what the queries in the setting `lists` give, or those in `lists_by_file` for this file; the query `stale` gives other files
    to be made again. Versions stand beside `lines` in <model>__files: they leave before the rows do and come after them, so that what was
    interrupted is made again. -#}
{% materialization by_file, adapter='duckdb' %}
    {%- set lines = ref(config.require('lines')) -%}
    {%- set files = lines.incorporate(path={'identifier': model.name ~ '__files'}) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- do run_query('create table if not exists ' ~ files ~ ' (source_file varchar, version varchar)') -%}
    {%- if existing is none or should_full_refresh() -%}
        {%- do run_query('delete from ' ~ files) -%}
    {%- endif -%}

    {%- set versions -%}
        with views as (
            select string_agg(sql, '' order by schema_name) as sql
            from duckdb_views()
            where database_name = 'work' and view_name in ('{{ lines.identifier }}', 'sales_lines')
        ),
        landed as (
            select
                source_file,
                part,
                md5(concat_ws('|', part, sha256, reader, raw_rows, unreadable_rows)) as digest
            from work.raw.files
            where table_name = 'sales_lines'
        ),
        -- A window function looks at the lines of all files, a join at all rows of the joined table.
        shared as (
            select concat_ws(
                '|',
                '{{ local_md5(compiled_code ~ tojson(model.columns) ~ tojson(model.constraints)) }}',
                (select sql from views),
                {%- for list in config.get('lists', []) %}
                (select concat(count(*), ' ', sum(hash(list))) from ({{ render(list) }}) as list),
                {%- endfor %}
                (
                    select string_agg(digest, '|' order by source_file, part) from landed
                    where part > 0 or contains((select sql from views), ' OVER ')
                )
            ) as digest
        )
        select
            landed.source_file,
            md5(concat_ws(
                '|',
                string_agg(landed.digest, '|' order by landed.part),
                {%- for list in config.get('lists_by_file', []) %}
                (
                    select concat(count(*), ' ', sum(hash(list))) from ({{ render(list) }}) as list
                    where list.source_file = landed.source_file
                ),
                {%- endfor %}
                any_value(shared.digest)
            )) as version
        from landed
        cross join shared
        group by landed.source_file
    {%- endset -%}
    {%- do run_query(
        'delete from ' ~ files ~ ' where (source_file, version) not in (' ~ versions ~ ')'
        ~ (' or source_file in (' ~ render(config.get('stale')) ~ ')' if config.get('stale') and existing else '')
    ) -%}
    {%- set kept = run_query('select count(*) from ' ~ files).columns[0].values()[0] -%}
    {%- do is_kept(model, is_there=false) -%}
    {%- set made = run_query('select source_file from (' ~ versions ~ ') anti join ' ~ files ~ ' using (source_file)').columns[0].values() -%}

    {%- if not kept -%}
        {%- set relations = materialization_table_duckdb() -%}
    {%- else -%}
        {%- set names = [] -%}
        {%- for name in made -%}
            {%- do names.append(sql_literal(name)) -%}
        {%- endfor -%}
        {%- set of_files = '(select * from ' ~ lines ~ ' where source_file in (' ~ names | join(', ') ~ '))' -%}
        {%- set columns = model.columns.values() | map(attribute='name') | join(', ') -%}
        {%- call statement('main') -%}
            delete from {{ this }} where source_file not in (select source_file from {{ files }});
            {% if made -%}
            insert into {{ this }} ({{ columns }}) select {{ columns }} from ({{ compiled_code | replace(lines | string, of_files) }});
            {%- endif %}
        {%- endcall -%}
        {%- do adapter.commit() -%}
        {%- do keep(model, contents_digest(this)) -%}
        {%- set relations = {'relations': [this.incorporate(type='table')]} -%}
    {%- endif -%}
    {%- do run_query('insert into ' ~ files ~ ' from (' ~ versions ~ ') anti join ' ~ files ~ ' using (source_file)') -%}
    {{ return(relations) }}
{% endmaterialization %}
