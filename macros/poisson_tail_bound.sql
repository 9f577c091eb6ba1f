{#- Largest probability that chance alone gives a count so far from the mean e: P(X >= x), or for x < e P(X <= x), is
    at most exp(x - e - x ln(x / e)) for a Poisson X (Chernoff). Of a count of zero it is exp(-e). -#}
{% macro poisson_tail_bound(observed, expected) -%}
exp({{ observed }} - {{ expected }} - coalesce({{ observed }} * ln(nullif({{ observed }}, 0) / {{ expected }}), 0))
{%- endmacro %}
