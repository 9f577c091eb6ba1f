{#- Whether a count is larger than chance explains. `expected` is the count that chance alone gives, `tests` how many
    such counts are looked at: by the bound of Bonferroni, less than one build in twenty (setting chance_level) flags
    anything where there is nothing but chance. `expected` is above zero. -#}
{% macro is_above_chance(observed, expected, tests) -%}
{{ observed }} > {{ expected }}
and {{ tests }} * {{ poisson_tail_bound(observed, expected) }} < {{ var('chance_level') }}
{%- endmacro %}
