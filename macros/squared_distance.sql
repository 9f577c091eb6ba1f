{#- Squared distance of a buyer's features to a cluster's centre, in the scaled units of the fit. A feature that the retailer does not
    record has no centre and adds nothing. -#}
{% macro squared_distance(buyers, parameters) -%}
{% for feature in var('cluster_features') -%}
coalesce((
    (
        case
            when {{ parameters }}.{{ feature }}_is_log then ln(1 + greatest({{ buyers }}.{{ feature }}, 0))
            else {{ buyers }}.{{ feature }}
        end - {{ parameters }}.{{ feature }}_shift
    ) / {{ parameters }}.{{ feature }}_scale - {{ parameters }}.{{ feature }}_center
) ** 2, 0){{ " + " if not loop.last }}
{%- endfor %}
{%- endmacro %}
