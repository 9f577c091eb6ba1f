{#- Estimated standard errors from an estimate to the bounds of its 95 % confidence interval, by Student's t (its expansion in the degrees of freedom, Abramowitz and Stegun 1964, 26.7.5: within 1 % from three on). -#}
{% macro t_of_95_percent(degrees_of_freedom) -%}
    {%- set z = z_of_95_percent() | float -%}
    (
        {{ z }} + {{ (z ** 3 + z) / 4 }} / nullif({{ degrees_of_freedom }}, 0)
        + {{ (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 }} / pow(nullif({{ degrees_of_freedom }}, 0), 2)
        + {{ (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 }} / pow(nullif({{ degrees_of_freedom }}, 0), 3)
    )
{%- endmacro %}
