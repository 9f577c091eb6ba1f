{#- Text without blanks around it, with full-width letters, digits and signs made half-width, Arabic and Persian digits made European, and
    signs that nobody sees taken out; empty
    becomes null. ASCII text that neither begins nor ends with a blank (all blanks sort before '!') is clean: only other rows pay for the
    translation, which DuckDB would do for nulls too. -#}
{% macro clean_text(column) -%}
case
    when {{ column }} is null then null
    when strlen({{ column }}) = length({{ column }}) and {{ column }} >= '!' and right({{ column }}, 1) >= '!' then {{ column }}
    else nullif(trim(
        translate({{ column }}, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－．，：／＋　' || chr(160) || chr(8201) || chr(8239) || chr(8203) || chr(8288) || chr(65279),
                              '01234567890123456789.,0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.,:/+    '),
        ' ' || chr(9) || chr(10) || chr(13)), '')
end
{%- endmacro %}
