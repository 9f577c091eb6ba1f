{#- A buyer's features in the scaled units of a fit, as a list. A value that is missing is 0, as are the
    centres of a feature that the retailer does not record. -#}
{% macro scaled_features(buyers, parameters) -%}
    {%- set scaled = [] -%}
    {%- for feature in var('cluster_features') -%}
        {%- set expression -%}
    coalesce((
        case
            when {{ parameters }}.{{ feature }}_is_log then ln(1 + greatest({{ buyers }}.{{ feature }}, 0))
            else {{ buyers }}.{{ feature }}
        end - {{ parameters }}.{{ feature }}_shift
    ) / {{ parameters }}.{{ feature }}_scale, 0)
        {%- endset -%}
        {%- do scaled.append(expression) -%}
    {%- endfor -%}
{{ list_of(scaled) }}
{%- endmacro %}
