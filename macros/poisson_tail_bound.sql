{#- Largest probability that chance alone gives a count so far from the mean e: P(X >= x), or for x < e P(X <= x), is
    at most exp(x - e - x ln(x / e)) for a Poisson X (Chernoff). For a count above zero. -#}
{% macro poisson_tail_bound(observed, expected) -%}
exp({{ observed }} - {{ expected }} - {{ observed }} * ln({{ observed }} / {{ expected }}))
{%- endmacro %}
