{#- Rows of a seed on Spark, texts with any sign in them: where dbt looks for it under this name. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set rows -%}
    insert into {{ this }} values
    {%- for row in agate_table.rows %}
    (
        {%- for cell in row -%}
        cast({{ 'null' if cell is none else sql_literal(cell | string | replace("\\", "\\\\")) }} as {{ model.config.column_types[agate_table.column_names[loop.index0]] }})
        {{- ", " if not loop.last }}
        {%- endfor -%}
    ){{ "," if not loop.last }}
    {%- endfor %}
    {%- endset -%}
    {%- do adapter.add_query(rows, abridge_sql_log=True) -%}
    {{ return(rows) }}
{%- endmacro %}

{#- What a contract asks of each row, asked of a table of Parquet, which takes no constraints: where dbt looks for it under this name. -#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- set broken = [] -%}
    {%- for constraint in model.constraints -%}
        {%- if constraint.type == 'check' -%}
            {%- do broken.append('not (' ~ constraint.expression ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints -%}
            {%- do broken.append(column.name ~ ' is null' if constraint.type == 'not_null' else 'not (' ~ constraint.expression ~ ')') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if broken -%}
        {%- set counts = run_query('select count_if(' ~ broken | join('), count_if(') ~ ') from ' ~ relation).rows[0].values() -%}
        {%- for rows in counts if rows -%}
            {{ exceptions.raise_compiler_error(rows ~ ' rows of ' ~ relation ~ ' break its contract: ' ~ broken[loop.index0]) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A query with the columns of its contract, in their types: Spark counts in other integers and adds up in other decimals. Where dbt looks for it
    under this name, and compares types before. -#}
{% macro spark__get_select_subquery(sql) -%}
select
    {% for column in model.columns.values() -%}
    cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
    {% endfor %}
from (
    {{ sql }}
) as model_subq
{%- endmacro %}

{% macro spark__get_assert_columns_equivalent(sql) -%}
{%- endmacro %}
