{#- Text without blanks around it and with full-width letters, digits and signs made half-width; empty becomes null. Only rows with other
    than ASCII characters pay for the translation. -#}
{% macro clean_text(column) -%}
nullif(trim(
    case
        when strlen({{ column }}) = length({{ column }}) then {{ column }}
        else translate({{ column }}, '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－．，：／＋　' || chr(160),
                                  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.,:/+  ')
    end, ' ' || chr(9) || chr(10) || chr(13)), '')
{%- endmacro %}
