{#- Brings the schema `raw` up to the raw files before any model runs; stops the run with one sentence where a file cannot be used. -#}
{% macro land_raw_files() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set retailer = sql_literal(var('retailer')) -%}
        {%- set raw_dir = sql_literal(env_var('RAW_DATA_DIR', '') or 'data/raw') -%}
        {%- set landed = run_query(
            'select landed.problem, landed.report from (select land_raw_files(' ~ retailer ~ ', ' ~ raw_dir ~ ') as landed)'
        ).rows[0] -%}
        {%- if landed['problem'] -%}
            {{ exceptions.raise_compiler_error(landed['problem']) }}
        {%- endif -%}
        {%- do log(landed['report'], info=true) -%}
    {%- endif -%}
{%- endmacro %}
