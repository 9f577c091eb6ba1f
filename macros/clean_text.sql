{#- Text without blanks around it and with full-width letters, digits and signs made half-width; empty becomes null. Only rows with other
    than printable ASCII characters pay for that. -#}
{% macro clean_text(column) -%}
case
    when regexp_matches({{ column }}, '^[!-~]+$') then {{ column }}
    else nullif(trim(
        translate({{ column }}, '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－．，：／＋　' || chr(160),
                              '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.,:/+  '),
        ' ' || chr(9) || chr(10) || chr(13)), '')
end
{%- endmacro %}
