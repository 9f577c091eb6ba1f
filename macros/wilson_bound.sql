{#- Lower (sign '-') or upper (sign '+') bound of the 95 % confidence interval of a share (Wilson 1927); null without trials. -#}
{% macro wilson_bound(successes, trials, sign) -%}
    {%- set z = z_of_95_percent() | float -%}
    case
        when {{ successes }} >= 0 and {{ trials }} > 0 then least(1.0, greatest(0.0, (
            {{ successes }} + {{ z ** 2 / 2 }}
            {{ sign }} {{ z }} * sqrt({{ successes }} * (1 - {{ successes }} / {{ trials }}) + {{ z ** 2 / 4 }})
        ) / ({{ trials }} + {{ z ** 2 }})))
    end
{%- endmacro %}
