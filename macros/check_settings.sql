{#- Stops the run at its start, with one sentence, where a setting (alone or together with others) cannot work. -#}
{% macro check_settings() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set settings = {'as_of': var('as_of') | string} -%}
        {%- for name in [
            'returns', 'max_unreadable_lines', 'plausible_years', 'earliest_birth_year',
            'complete_month_share_of_days', 'complete_month_share_of_orders',
            'cluster_features', 'cluster_log_features', 'cluster_scalings', 'cluster_scaling', 'cluster_counts',
            'cluster_selection_rule', 'cluster_model', 'cluster_valid_jaccard', 'cluster_smallest_share',
            'cluster_sample_size', 'cluster_refits', 'cluster_gap_references', 'rfm_cut_shares', 'drift_smallest_share',
            'life_cycle_minimum_gaps', 'promotion_robust_z', 'promotion_minimum_days_of_month', 'promotion_minimum_days',
            'clv_horizon_days', 'next_steps_horizon_days', 'clv_calibration_share', 'clv_minimum_repeat_customers',
            'clv_minimum_days', 'clv_maximum_rank_correlation'
        ] -%}
            {%- do settings.update({name: var(name)}) -%}
        {%- endfor -%}
        {%- set problem = run_query(
            "select settings_problem('" ~ (tojson(settings) | replace("'", "''")) ~ "')"
        ).columns[0].values()[0] -%}
        {%- if problem -%}
            {{ exceptions.raise_compiler_error(problem) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
