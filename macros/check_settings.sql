{#- Stops the run at its start, with one sentence, where a setting (alone or together with others) cannot work. -#}
{% macro check_settings() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'test') -%}
        {#- What was given for this run may have names that are no setting. -#}
        {%- set settings = dict(invocation_args_dict.vars) -%}
        {%- for name in setting_names() -%}
            {%- do settings.update({name: var(name)}) -%}
        {%- endfor -%}
        {#- Unlike JSON, YAML can hold a date. -#}
        {%- set problem = run_query(
            "select settings_problem(" ~ sql_literal(toyaml(settings)) ~ ")"
        ).columns[0].values()[0] -%}
        {%- if problem -%}
            {{ exceptions.raise_compiler_error(problem) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
