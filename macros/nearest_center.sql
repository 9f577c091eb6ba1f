{#- Number of the centre that is nearest to a buyer's scaled features, counted from 0 as the fit does; of equally near ones the smallest.
    DuckDB computes the distances, which stand here twice, once. -#}
{% macro nearest_center(features, centers) -%}
    {%- set distances = 'list_transform(' ~ centers ~ ', lambda center: list_distance(' ~ features ~ ', center))' -%}
list_position({{ distances }}, list_min({{ distances }})) - 1
{%- endmacro %}
