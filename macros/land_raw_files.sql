{#- Brings the schema `raw` up to the raw files before any model runs; stops the run with one sentence where a file cannot be used. -#}
{% macro land_raw_files() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set arguments = [var('retailer'), env_var('RAW_DATA_DIR', 'data/raw')] -%}
        {%- set texts = [] -%}
        {%- for argument in arguments -%}
            {%- do texts.append(dbt.string_literal(dbt.escape_single_quotes(argument))) -%}
        {%- endfor -%}
        {%- set problem = run_query('select land_raw_files(' ~ texts | join(', ') ~ ')').columns[0].values()[0] -%}
        {%- if problem -%}
            {{ exceptions.raise_compiler_error(problem) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
