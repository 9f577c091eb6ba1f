{#- The names of the settings, a list. -#}
{% macro setting_names() -%}
    {{ return(adapter.dispatch('setting_names')()) }}
{%- endmacro %}

{% macro duckdb__setting_names() -%}
    {{ return(run_query("select unnest(setting_names())").columns[0].values()) }}
{%- endmacro %}

{% macro spark__setting_names() -%}
    {{ return(run_query("select name from setting_names").columns[0].values()) }}
{%- endmacro %}
