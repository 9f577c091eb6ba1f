{#- A moment from text, by the clock of the place where it was written (an offset is left out): ISO and slashed dates with or without a time and
    fractions, 20150102 with or without a time, the serial number of a spreadsheet (days since 1899-12-30), or what `spelled_moment` reads.
    Null where the text is none of these or the year is outside 1753..9999, the years such files can hold.
    The case around all keeps DuckDB from cleaning every text beforehand, where only a few cannot be cast as they are. -#}
{% macro to_moment(column) -%}
case
    when {{ column }} is not null then coalesce(
        try_cast({{ column }} as timestamp),
        try_cast({{ clean_text(column) }} as timestamp),
        try_strptime({{ clean_text(column) }}, ['%Y%m%d', '%Y%m%d %H%M%S', '%Y%m%d%H%M%S', '%Y%m%d %H:%M:%S', '%Y.%m.%d', '%Y.%m.%d %H:%M:%S']),
        case
            when regexp_full_match({{ clean_text(column) }}, '\d{5}(\.\d+)?')
                then timestamp '1899-12-30' + to_microseconds(cast(round(cast({{ clean_text(column) }} as double) * 86400) as bigint) * 1000000)
        end,
        {{ spelled_moment(clean_text(column)) }}
    )
end
{%- endmacro %}

{#- A moment with words or an offset: 2018年1月2日 9时5分, 2018-01-01 星期五, 下午1:22, 1:22 PM (13:22 PM too), 09:15 +0800, 09:15Z. -#}
{% macro spelled_moment(text) -%}
{%- set half = "upper(left(regexp_extract(" ~ text ~ ", '(?i)上午|下午|[ap]\\.?m'), 1))" -%}
{%- set hour = "try_cast(regexp_extract(" ~ text ~ ", '(\\d{1,2})\\s*[:时点時點]', 1) as integer)" -%}
try_cast(
    trim(regexp_replace(
        translate(
            regexp_replace(
                regexp_replace({{ text }}, '{{ clock_with_offset() }}', '\1 '),
                '星期[一二三四五六日天]|[周週][一二三四五六日]|上午|下午|(?i:\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b,?|(\d|\b)[ap]\.?m\b\.?)',
                '\1 ', 'g'
            ),
            '年月日号號时時点點分秒', '--   :::::'
        ),
        '\s+', ' ', 'g'
    )) as timestamp
) + to_hours(
    case
        when {{ half }} in ('下', 'P') and {{ hour }} < 12 then 12
        when {{ half }} in ('上', 'A') and {{ hour }} = 12 then -12
        when {{ half }} in ('上', 'A') and {{ hour }} > 12 then null
        else 0
    end
)
{%- endmacro %}

{#- The regular expression of a clock time and its offset, in six groups: the time, blanks, sign, hours and minutes of the offset, and the end. -#}
{% macro clock_with_offset() -%}
(\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[AaPp][Mm])?)(\s*)(?:Z|UTC|GMT|(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?)(\s|$)
{%- endmacro %}
