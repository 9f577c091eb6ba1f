{#- One row per setting and its value in this build, as rows of VALUES. -#}
{% macro settings_in_force() -%}
    {%- if execute -%}
        {%- for name in setting_names() -%}
            ('{{ name }}', {{ loop.index }}, '{{ tojson(var(name)) | replace('"', "") | replace("'", "''") }}')
            {{- "," if not loop.last }}
        {% endfor -%}
    {%- else -%}
        ('', 0, '')
    {%- endif -%}
{%- endmacro %}
