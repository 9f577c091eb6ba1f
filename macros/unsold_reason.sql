{#- Why a line sells nothing: a return, cancelled, or not paid for, by the amount rounded to cents or, where the setting zero_amounts says so, as it is;
    null where it sells something. A quantity that is not recorded says nothing. -#}
{% macro unsold_reason(lines) -%}
case
    when {{ lines }}.quantity < 0 or {{ lines }}.amount < 0 then 'return'
    when {{ lines }}.is_cancelled then 'cancelled'
    when {{ lines }}.quantity = 0 or {{ lines }}.amount < {{ 0 if var('zero_amounts') == 'count' else 0.005 }} then 'not_positive'
end
{%- endmacro %}
