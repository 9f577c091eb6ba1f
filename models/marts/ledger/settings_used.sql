with settings as (
    select in_force.* from (values
        {% if execute -%}
        {% for name in setting_names() -%}
        {#- A date is one to YAML and no JSON. -#}
        {% set value = var(name) if var(name) is iterable or var(name) is number else var(name) | string -%}
        ('{{ name }}', {{ loop.index }}, '{{ tojson(value) | replace('"', "") | replace("'", "''") }}')
        {{- "," if not loop.last }}
        {% endfor -%}
        {% else -%}
        ('', 0, '')
        {%- endif %}
    ) as in_force (setting, setting_no, value)
)

select * from settings
order by setting_no
