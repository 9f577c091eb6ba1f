{#- Stops the run at its start, with one sentence, where a setting or a raw file cannot work. -#}
{% macro check_input() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set problem = run_query(
            "select input_problem('" ~ var('retailer') ~ "', '" ~ env_var('RAW_DATA_DIR', 'data/raw') ~ "')"
        ).columns[0].values()[0] -%}
        {%- if problem -%}
            {{ exceptions.raise_compiler_error(problem) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
