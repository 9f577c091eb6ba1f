{#- What discounts a group of sold lines shows; lines without points are no counted purchases and tell of bargains only. -#}
{% macro bargain_shares(sold_lines) -%}
avg(cast({{ sold_lines }}.is_below_price as integer)) filter (where {{ sold_lines }}.is_counted) as below_price_share,
avg(cast({{ sold_lines }}.is_without_points as integer)) as without_points_share
{%- endmacro %}
