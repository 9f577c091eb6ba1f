{#- Bands follow each other without gap or overlap, within each group. Bands without an upper bound end where the next one begins: then no
    two may begin at the same value. `starts_at` and `ends_at`, where given, are the ends of the line. -#}
{% test bands_cover_line(model, lower, upper=none, group_by=none, starts_at=none, ends_at=none) %}
{%- set partition = 'partition by ' ~ group_by if group_by else '' %}
with bands as (
    select
        *,
        lag({{ upper or lower }}) over ({{ partition }} order by {{ lower }}) as band_before,
        lead({{ lower }}) over ({{ partition }} order by {{ lower }}) as band_after
    from {{ model }}
)

select *
from bands
where
    {{ lower }} is null
    {% if upper -%}
    or {{ upper }} is null
    or {{ upper }} <= {{ lower }}
    or band_before <> {{ lower }}
    {% else -%}
    or band_before = {{ lower }}
    {% endif -%}
    {% if starts_at is not none -%} or (band_before is null and {{ lower }} <> {{ starts_at }}) {%- endif %}
    {% if ends_at is not none -%} or (band_after is null and {{ upper }} <> {{ ends_at }}) {%- endif %}
{% endtest %}
