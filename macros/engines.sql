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

{#- The distances stand here twice; DuckDB computes them once. -#}
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

{#- The columns of a relation of the query but some, where a star stands. -#}
{% macro all_but(relation, columns) -%}
{{ adapter.dispatch('all_but')(relation, columns) }}
{%- endmacro %}

{% macro duckdb__all_but(relation, columns) -%}
{{ relation }}.* exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__all_but(relation, columns) -%}
{{ relation }}.* except ({{ columns | join(', ') }})
{%- endmacro %}

{#- Stops the run with a sentence, an SQL expression of text, where it is evaluated. -#}
{% macro fail_with(sentence) -%}
{{ adapter.dispatch('fail_with')(sentence) }}
{%- endmacro %}

{% macro duckdb__fail_with(sentence) -%}
error({{ sentence }})
{%- endmacro %}

{% macro spark__fail_with(sentence) -%}
raise_error({{ sentence }})
{%- endmacro %}

{#- Values of a row as one; two of them are equal where both lack the same values, too. -#}
{% macro values_of(columns) -%}
{{ adapter.dispatch('values_of')(columns) }}
{%- endmacro %}

{% macro duckdb__values_of(columns) -%}
struct_pack({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__values_of(columns) -%}
struct({{ columns | join(', ') }})
{%- endmacro %}

{#- Whether a part of a text fits a regular expression (of what RE2 and Java read alike). -#}
{% macro fits(text, pattern) -%}
{{ adapter.dispatch('fits')(text, pattern) }}
{%- endmacro %}

{% macro duckdb__fits(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- A regular expression as a literal of Spark, where a backslash is two and Java's name of Chinese characters another. -#}
{% macro spark__pattern(pattern) -%}
'{{ pattern | replace("\\", "\\\\") | replace("{Han}", "{IsHan}") }}'
{%- endmacro %}

{% macro spark__fits(text, pattern) -%}
regexp_like({{ text }}, {{ spark__pattern(pattern) }})
{%- endmacro %}

{#- The first part of a text that fits a regular expression, or what a group is in it; empty where none does. -#}
{% macro extracted(text, pattern, group=0) -%}
{{ adapter.dispatch('extracted')(text, pattern, group) }}
{%- endmacro %}

{% macro duckdb__extracted(text, pattern, group) -%}
regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{% macro spark__extracted(text, pattern, group) -%}
regexp_extract({{ text }}, {{ spark__pattern(pattern) }}, {{ group }})
{%- endmacro %}

{#- A text, each of whose parts that fit a regular expression is replaced; \1 stands for what its first group is. -#}
{% macro replaced(text, pattern, replacement) -%}
{{ adapter.dispatch('replaced')(text, pattern, replacement) }}
{%- endmacro %}

{% macro duckdb__replaced(text, pattern, replacement) -%}
regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replaced(text, pattern, replacement) -%}
regexp_replace({{ text }}, {{ spark__pattern(pattern) }}, '{{ replacement | replace("\\", "$") }}')
{%- endmacro %}

{#- A moment so many seconds, a whole number, after another. -#}
{% macro seconds_after(moment, seconds) -%}
{{ adapter.dispatch('seconds_after')(moment, seconds) }}
{%- endmacro %}

{% macro duckdb__seconds_after(moment, seconds) -%}
{{ moment }} + to_seconds({{ seconds }})
{%- endmacro %}

{% macro spark__seconds_after(moment, seconds) -%}
timestampadd(second, {{ seconds }}, {{ moment }})
{%- endmacro %}

{#- The moment of a text with year, month and day, a dash or slash between them, and a time, or none, after them; else null. -#}
{% macro iso_moment(text) -%}
{{ adapter.dispatch('iso_moment')(text) }}
{%- endmacro %}

{% macro duckdb__iso_moment(text) -%}
try_cast({{ text }} as timestamp)
{%- endmacro %}

{% macro spark__iso_moment(text) -%}
case when regexp_like({{ text }}, '^\\s*\\d+[-/]\\d+[-/]\\d') then try_cast(translate({{ text }}, '/', '-') as timestamp) end
{%- endmacro %}

{#- The moment of a text with year, month and day, points or nothing between them, and hour, minute and second, or none, after them; else null. -#}
{% macro compact_moment(text) -%}
{{ adapter.dispatch('compact_moment')(text) }}
{%- endmacro %}

{#- Seven digits would be a day in January or in November. -#}
{% macro duckdb__compact_moment(text) -%}
case
    when regexp_full_match({{ text }}, '(\d{8}( ?\d{6}| .*:.*)?|\d+[.].*)')
        then try_strptime({{ text }}, ['%Y%m%d', '%Y%m%d %H%M%S', '%Y%m%d%H%M%S', '%Y%m%d %H:%M:%S', '%Y.%m.%d', '%Y.%m.%d %H:%M:%S'])
end
{%- endmacro %}

{% macro spark__compact_moment(text) -%}
    {%- set form -%}
    ^(\\d{4})(?:(\\d\\d)(\\d\\d)|[.](\\d\\d?)[.](\\d\\d?))(?: ?(\\d\\d)(\\d\\d)(\\d\\d)| (\\d\\d?):(\\d\\d?):(\\d\\d?))?$
    {%- endset -%}
case
    when regexp_like({{ text }}, '{{ form }}')
        then try_cast(trim(trailing ' :' from regexp_replace({{ text }}, '{{ form }}', '$1-$2$4-$3$5 $6$9:$7$10:$8$11')) as timestamp)
end
{%- endmacro %}

{#- The pairs of a card and another that it leads to, over any number of links of the query, as the query `reached`. -#}
{% macro reached_by(links, card, next_card) -%}
{{ adapter.dispatch('reached_by')(links, card, next_card) }}
{%- endmacro %}

{#- A pair is found once, so that a circle ends too. -#}
{% macro duckdb__reached_by(links, card, next_card) -%}
reached as (
    select
        {{ card }},
        {{ next_card }} as reached_{{ card }}
    from {{ links }}
    union
    select
        reached.{{ card }},
        {{ links }}.{{ next_card }} as reached_{{ card }}
    from reached
    inner join {{ links }} on reached.reached_{{ card }} = {{ links }}.{{ card }}
)
{%- endmacro %}

{#- Spark finds a pair on each way between both, and ends a circle where the way comes by a second time. -#}
{% macro spark__reached_by(links, card, next_card) -%}
ways as (
    select
        {{ card }},
        {{ next_card }} as reached_{{ card }},
        array({{ next_card }}) as way
    from {{ links }}
    union all
    select
        ways.{{ card }},
        {{ links }}.{{ next_card }} as reached_{{ card }},
        array_append(ways.way, {{ links }}.{{ next_card }}) as way
    from ways
    inner join {{ links }} on ways.reached_{{ card }} = {{ links }}.{{ card }}
    where not array_contains(ways.way, {{ links }}.{{ next_card }})
),

reached as (
    select distinct
        {{ card }},
        reached_{{ card }}
    from ways
)
{%- endmacro %}

{#- A whole number as text, commas between its thousands. -#}
{% macro with_commas(number) -%}
{{ adapter.dispatch('with_commas')(number) }}
{%- endmacro %}

{% macro duckdb__with_commas(number) -%}
format('{:,}', {{ number }})
{%- endmacro %}

{% macro spark__with_commas(number) -%}
format_number({{ number }}, 0)
{%- endmacro %}

{#- Several rows of each row: of columns and their SQL, a row each. -#}
{% macro rows_of(rows) -%}
{{ adapter.dispatch('rows_of')(rows) }}
{%- endmacro %}

{% macro duckdb__rows_of(rows) -%}
unnest([
    {% for row in rows -%}
    struct_pack({% for name, value in row.items() %}{{ name }} := {{ value }}{{ ", " if not loop.last }}{% endfor %}){{ "," if not loop.last }}
    {% endfor %}
], recursive := true)
{%- endmacro %}

{% macro spark__rows_of(rows) -%}
inline(array(
    {% for row in rows -%}
    struct({% for name, value in row.items() %}{{ value }} as {{ name }}{{ ", " if not loop.last }}{% endfor %}){{ "," if not loop.last }}
    {% endfor %}
))
{%- endmacro %}
