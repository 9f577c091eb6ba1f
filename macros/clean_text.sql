{#- Text without blanks around it, with full-width letters, digits and signs made half-width, Arabic and Persian digits made European, and
    signs that nobody sees taken out; empty
    becomes null. ASCII text that neither begins nor ends with a blank (all blanks sort before '!') is clean: only other rows pay for the
    translation, which DuckDB would do for nulls too. -#}
{% macro clean_text(column) -%}
case
    when {{ column }} is null then null
    when bit_length({{ column }}) = 8 * length({{ column }}) and {{ column }} >= '!' and right({{ column }}, 1) >= '!' then {{ column }}
    else nullif(trim(both ' ' || chr(9) || chr(10) || chr(13) from
        translate({{ column }}, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－．，：／＋　{{ "\u00a0\u2007\u2009\u202f" }}
{{- "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff" }}',
                              '01234567890123456789.,0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.,:/+     ')
    ), '')
end
{%- endmacro %}
