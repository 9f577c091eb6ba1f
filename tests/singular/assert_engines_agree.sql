-- A macro whose words are others on another engine says the same there: each is asked for what is known.
{{- config(tags=['structure']) -}}
{%- set cases = [
    ['all_but', '(select max(b) from (select ' ~ all_but('t', ['a']) ~ ' from (select 1 as a, 2 as b) as t) as u)', '2'],
    ['clean_code', clean_code("'=\"００１２\"'"), '0012'],
    ['clean_code', clean_code("'6.01235E+15'"), none],
    ['clean_key', clean_key("'17850.0'"), '17850'],
    ['compact_moment', compact_moment("'20150102'"), '2015-01-02 00:00:00'],
    ['compact_moment', compact_moment("'20150102 030405'"), '2015-01-02 03:04:05'],
    ['compact_moment', compact_moment("'2015.1.2 3:04:05'"), '2015-01-02 03:04:05'],
    ['compact_moment', compact_moment("'20151301'"), none],
    ['compact_moment', compact_moment("'2015112'"), none],
    ['compact_moment', compact_moment("'20150102 12305'"), none],
    ['compact_moment', compact_moment("'20150102 3:04:05'"), '2015-01-02 03:04:05'],
    ['every', "(select count(*) from (select " ~ every('month', "date '2017-01-01'", "date '2017-03-05'") ~ ' as day) as t)', '3'],
    ['every', "(select count(*) from (select " ~ every('day', "date '2017-01-02'", "date '2017-01-01'") ~ ' as day) as t)', '0'],
    ['extracted', extracted("'ab12'", '([a-z]+)(\\d+)', 2), '12'],
    ['extracted', extracted("'ab'", '\\d'), ''],
    ['fail_with', "case when 1 = 2 then " ~ fail_with("'never'") ~ " else 'fine' end", 'fine'],
    ['fits', fits("'a''1'", '^\\D[\'\']\\d$'), 'true'],
    ['fits', fits("'会'", '\\p{Han}'), 'true'],
    ['in_order', '(select sum(a ' ~ in_order('a') ~ ') from (select 1 as a union all select 2 as a) as t)', '3'],
    ['iso_moment', iso_moment("'2015/1/2 3:04:05'"), '2015-01-02 03:04:05'],
    ['iso_moment', iso_moment("'2015-01-02'"), '2015-01-02 00:00:00'],
    ['iso_moment', iso_moment("'2015'"), none],
    ['iso_moment', iso_moment("'12:30'"), none],
    ['list_by', '(select ' ~ list_by('b', 'a') ~ ' = ' ~ list_of([4, 3]) ~ ' from (select 1 as a, 4 as b union all select 2 as a, 3 as b) as t)', 'true'],
    ['mean', 'cast(round((select ' ~ mean('a') ~ ' from (select cast(0.01 as decimal(18, 2)) as a union all select cast(0 as decimal(18, 2)) as a union all select cast(0 as decimal(18, 2)) as a) as t) * 3000000000) as bigint)', '10000000'],
    ['nearest_center', nearest_center(list_of(['cast(7 as double)']), list_of([list_of(['cast(1 as double)']), list_of(['cast(8 as double)'])])), '1'],
    ['reached_by', '(select count(*) from reached)', '6'],
    ['replaced', replaced("'a1b2'", '([a-z])\\d', '\\1-'), 'a-b-'],
    ['rows_of', '(select count(*) from (select ' ~ rows_of([{'a': 1}, {'a': 2}, {'a': 2}]) ~ ') as t)', '3'],
    ['seconds_after', seconds_after("timestamp '1899-12-30 00:00:00'", '86401'), '1899-12-31 00:00:01'],
    ['text_by', '(select ' ~ text_by('a', ', ', 'a desc') ~ " from (select 'x' as a union all select 'y' as a) as t)", 'y, x'],
    ['to_moment', to_moment("'2018年1月2日 下午1:22'"), '2018-01-02 13:22:00'],
    ['to_moment', to_moment("'2018-01-02 9:15 +0800'"), '2018-01-02 09:15:00'],
    ['to_moment', to_moment("'42006.5'"), '2015-01-02 12:00:00'],
    ['to_number', to_number("'￥(1,234.50)'", 'decimal(18, 2)', "'.'"), '-1234.50'],
    ['to_number', to_number("'1.234,5'", 'decimal(18, 2)', "','"), '1234.50'],
    ['to_number', to_number("'12 руб'", 'decimal(18, 2)', "'.'"), '12.00'],
    ['to_number', to_number("'NaN'", 'decimal(18, 2)', "'.'"), none],
    ['values_of', '(select max(' ~ values_of(['a', 'b']) ~ ') = min(' ~ values_of(['a', 'b']) ~ ') from (select 1 as a, cast(null as string) as b) as t)', 'true'],
    ['weekday_of', weekday_of("date '2017-01-01'"), '7'],
    ['whole_days_between', whole_days_between("timestamp '2017-01-01 12:00:00'", "timestamp '2017-01-03 11:59:59'"), '1'],
    ['with_commas', with_commas('1234567'), '1,234,567'],
] %}
with recursive links as (
    select
        'a' as card_id,
        'b' as merged_into
    union all
    select
        'b' as card_id,
        'c' as merged_into
    union all
    select
        'c' as card_id,
        'b' as merged_into
),

{{ reached_by('links', 'card_id', 'merged_into') }},

results as (
    {% for name, given, expected in cases -%}
    select
        '{{ name }}' as macro,
        cast({{ given }} as string) as given,
        {{ 'cast(null as string)' if expected is none else "'" ~ expected ~ "'" }} as expected
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from results
where given is distinct from expected
