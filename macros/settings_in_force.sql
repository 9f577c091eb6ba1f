{#- One row per setting and its value in this build, as rows of VALUES. A date is one to YAML and no JSON. -#}
{% macro settings_in_force() -%}
    {%- if execute -%}
        {%- for name in setting_names() -%}
            {%- set value = var(name) if var(name) is iterable or var(name) is number else var(name) | string -%}
            ('{{ name }}', {{ loop.index }}, '{{ tojson(value) | replace('"', "") | replace("'", "''") }}')
            {{- "," if not loop.last }}
        {% endfor -%}
    {%- else -%}
        ('', 0, '')
    {%- endif -%}
{%- endmacro %}
