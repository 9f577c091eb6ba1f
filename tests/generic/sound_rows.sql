{#- Every column has a value, but for the nullable ones, and no two rows are equal in a key, which is a list of columns. A column of `complete`
    has exactly the listed values, those that the models know; one of `codes` has these among others. What `holds` says is false of no row. `bands` names the
    column `lower` of bands that follow each other without gap or overlap, within each `group_by`, and `upper`, where they do not end with the next one; the
    line may start at `starts_at` and end at `ends_at`. For small tables. -#}
{% test sound_rows(model, keys=[], nullable=[], complete={}, codes={}, holds=none, bands=none) %}
select
    'a value is missing' as problem,
    cast(incomplete as varchar) as of_row
from (
    select * from {{ model }}
    except all
    select * from {{ model }}
    where columns(*{% if nullable %} exclude ({{ nullable | join(', ') }}){% endif %}) is not null
) as incomplete
{% for key in keys %}
union all
select
    '{{ key | join(", ") }} is not unique' as problem,
    cast(row({{ key | join(', ') }}) as varchar) as of_row
from {{ model }}
group by {{ key | join(', ') }}
having count(*) > 1
{% endfor %}
{% for column, values in complete.items() %}
union all
select
    '{{ column }} must be {{ values | join(", ") }}, each at least once' as problem,
    cast(found as varchar) as of_row
from (select list(distinct cast({{ column }} as varchar) order by cast({{ column }} as varchar)) as found from {{ model }})
where found is distinct from list_sort(['{{ values | join("', '") }}'])
{% endfor %}
{% for column, values in codes.items() %}
union all
select
    '{{ column }} lacks a code' as problem,
    cast(code as varchar) as of_row
from (select unnest({{ values }}) as code)
where code not in (select {{ column }} from {{ model }})
{% endfor %}
{% if holds %}
union all
select
    'it must hold that {{ holds | replace("'", "''") }}' as problem,
    cast(untrue as varchar) as of_row
from {{ model }} as untrue
where not ({{ holds }})
{% endif %}
{% if bands %}
{%- set partition = 'partition by ' ~ bands.group_by if bands.group_by else '' %}
union all
select
    'bands must follow each other without gap or overlap
    {%- if bands.starts_at is defined %}, from {{ bands.starts_at }}{% endif %}
    {%- if bands.ends_at is defined %} to {{ bands.ends_at }}{% endif %}' as problem,
    cast(bands as varchar) as of_row
from (
    select
        *,
        lag({{ bands.upper or bands.lower }}) over ({{ partition }} order by {{ bands.lower }}) as band_before,
        lead({{ bands.lower }}) over ({{ partition }} order by {{ bands.lower }}) as band_after
    from {{ model }}
    where {{ bands.lower }} is not null
) as bands
where
    {% if bands.upper -%}
    {{ bands.upper }} <= {{ bands.lower }}
    or band_before <> {{ bands.lower }}
    {% else -%}
    band_before = {{ bands.lower }}
    {% endif -%}
    {% if bands.starts_at is defined -%} or (band_before is null and {{ bands.lower }} <> {{ bands.starts_at }}) {%- endif %}
    {% if bands.ends_at is defined -%} or (band_after is null and {{ bands.upper }} <> {{ bands.ends_at }}) {%- endif %}
{% endif %}
{% endtest %}
