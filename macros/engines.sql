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

{#- Whole days of 24 hours from one moment to another. -#}
{% macro whole_days_between(from_moment, to_moment) -%}
{{ adapter.dispatch('whole_days_between')(from_moment, to_moment) }}
{%- endmacro %}

{% macro duckdb__whole_days_between(from_moment, to_moment) -%}
date_sub('day', {{ from_moment }}, {{ to_moment }})
{%- endmacro %}

{% macro spark__whole_days_between(from_moment, to_moment) -%}
timestampdiff(day, {{ from_moment }}, {{ to_moment }})
{%- endmacro %}

{#- Number of a day's weekday, from 1 for Monday to 7 for Sunday (ISO 8601). -#}
{% macro weekday_of(day) -%}
{{ adapter.dispatch('weekday_of')(day) }}
{%- endmacro %}

{% macro duckdb__weekday_of(day) -%}
isodow({{ day }})
{%- endmacro %}

{% macro spark__weekday_of(day) -%}
(weekday({{ day }}) + 1)
{%- endmacro %}

{#- Dates from one to another, both included, each a row: as a column of a query. `step` is day or month; none where there is no first date or it is after the last. -#}
{% macro every(step, first_date, last_date) -%}
{{ adapter.dispatch('every')(step, first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__every(step, first_date, last_date) -%}
cast(unnest(generate_series(cast({{ first_date }} as date), cast({{ last_date }} as date), interval 1 {{ step }})) as date)
{%- endmacro %}

{% macro spark__every(step, first_date, last_date) -%}
explode(case
    when {{ first_date }} <= {{ last_date }}
        then sequence(cast({{ first_date }} as date), cast({{ last_date }} as date), interval 1 {{ step }})
end)
{%- endmacro %}

{#- Stands at the end of what an aggregate takes, sum(value <in_order>): doubles are added in this order, so that their sum is the same in every build.
    Spark cannot be told the order of a sum, and leaves the last digits to chance. -#}
{% macro in_order(keys) -%}
{{ adapter.dispatch('in_order')(keys) }}
{%- endmacro %}

{% macro duckdb__in_order(keys) -%}
order by {{ keys }}
{%- endmacro %}

{% macro spark__in_order(keys) -%}
{%- endmacro %}

{#- A list of SQL expressions. -#}
{% macro list_of(expressions) -%}
{{ adapter.dispatch('list_of')(expressions) }}
{%- endmacro %}

{% macro duckdb__list_of(expressions) -%}
[{{ expressions | join(', ') }}]
{%- endmacro %}

{% macro spark__list_of(expressions) -%}
array({{ expressions | join(', ') }})
{%- endmacro %}

{#- The values of a group as a list, in the order of a key. -#}
{% macro list_by(value, key) -%}
{{ adapter.dispatch('list_by')(value, key) }}
{%- endmacro %}

{% macro duckdb__list_by(value, key) -%}
list({{ value }} order by {{ key }})
{%- endmacro %}

{% macro spark__list_by(value, key) -%}
transform(array_sort(collect_list(struct({{ key }} as key, {{ value }} as value))), entry -> entry.value)
{%- endmacro %}

{#- The texts of a group as one, with a separator between them, in the order of keys. -#}
{% macro text_by(text, separator, keys) -%}
{{ adapter.dispatch('text_by')(text, separator, keys) }}
{%- endmacro %}

{% macro duckdb__text_by(text, separator, keys) -%}
string_agg({{ text }}, '{{ separator }}' order by {{ keys }})
{%- endmacro %}

{% macro spark__text_by(text, separator, keys) -%}
string_agg({{ text }}, '{{ separator }}') within group (order by {{ keys }})
{%- endmacro %}

{#- Mean of a DECIMAL as a double, from its exact sum. -#}
{% macro mean(amount) -%}
{{ adapter.dispatch('mean')(amount) }}
{%- endmacro %}

{% macro duckdb__mean(amount) -%}
avg({{ amount }})
{%- endmacro %}

{#- Where avg() is a DECIMAL, rounded. -#}
{% macro spark__mean(amount) -%}
cast(sum({{ amount }}) as double) / count({{ amount }})
{%- endmacro %}

{#- Number of the centre that is nearest to a buyer's scaled features, counted from 0 as the fit does; of equally near ones the smallest. -#}
{% macro nearest_center(features, centers) -%}
{{ adapter.dispatch('nearest_center')(features, centers) }}
{%- endmacro %}

{#- DuckDB computes the distances, which stand here twice, once. -#}
{% macro duckdb__nearest_center(features, centers) -%}
    {%- set distances = 'list_transform(' ~ centers ~ ', lambda center: list_distance(' ~ features ~ ', center))' -%}
list_position({{ distances }}, list_min({{ distances }})) - 1
{%- endmacro %}

{% macro spark__nearest_center(features, centers) -%}
    {%- set distances -%}
    transform({{ centers }}, center -> aggregate(
        zip_with({{ features }}, center, (x, y) -> pow(x - y, 2)), cast(0 as double), (total, x) -> total + x
    ))
    {%- endset -%}
cast(array_position({{ distances }}, array_min({{ distances }})) - 1 as integer)
{%- endmacro %}
