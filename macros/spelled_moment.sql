{#- A moment with words or an offset: 2018年1月2日 9时5分, 2018-01-01 星期五, 下午1:22, 1:22 PM (13:22 PM too), 09:15 +0800, 09:15Z. -#}
{% macro spelled_moment(text) -%}
{%- set half %}upper(left({{ extracted(text, '(?i)上午|下午|[ap]\\.?m') }}, 1)){% endset -%}
{%- set hour %}try_cast({{ extracted(text, '(\\d{1,2})\\s*[:时点時點]', 1) }} as integer){% endset -%}
{%- set words = '星期[一二三四五六日天]|[周週][一二三四五六日]|上午|下午|(?i:\\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\\b,?|(\\d|\\b)[ap]\\.?m\\b\\.?)' -%}
{%- set plain %}
    trim({{ replaced(
        'translate(' ~ replaced(replaced(text, clock_with_offset(), '\\1 '), words, '\\1 ') ~ ", '年月日号號时時点點分秒', '--   :::::')",
        '\\s+', ' '
    ) }})
{%- endset -%}
{%- set hours %}
    case
        when {{ half }} in ('下', 'P') and {{ hour }} < 12 then 12
        when {{ half }} in ('上', 'A') and {{ hour }} = 12 then -12
        when {{ half }} in ('上', 'A') and {{ hour }} > 12 then null
        else 0
    end
{%- endset -%}
{{ seconds_after(iso_moment(plain), '3600 * ' ~ hours) }}
{%- endmacro %}
