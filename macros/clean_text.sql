{#- Text without blanks around it and with full-width letters, digits and signs made half-width; empty becomes null. ASCII text that neither
    begins nor ends with a blank (all blanks sort before '!') is clean: only other rows pay for the translation, which DuckDB would do for
    nulls too. -#}
{% macro clean_text(column) -%}
case
    when {{ column }} is null then null
    when strlen({{ column }}) = length({{ column }}) and {{ column }} >= '!' and right({{ column }}, 1) >= '!' then {{ column }}
    else nullif(trim(
        translate({{ column }}, '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－．，：／＋　' || chr(160),
                              '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.,:/+  '),
        ' ' || chr(9) || chr(10) || chr(13)), '')
end
{%- endmacro %}
