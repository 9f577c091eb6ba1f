with files as (
    select * from {{ ref('stg_files') }}
    where part = 0
),

repairs as (
    select * from {{ ref('repairs') }}
),

members as (
    select * from {{ ref('stg_members') }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

line_values as (
    select * from {{ ref('int_odd_line_values') }}
),

{% set codes = ['card_id', 'product_code', 'till_no', 'receipt_no', 'counter_code'] -%}
codes_of_lines as (
    select
        {% for code in codes -%}
        count({{ code }}) as {{ code }}{{ "," if not loop.last }}
        {% endfor %}
    from sales_lines
),

codes as (
    select
        'members' as table_name,
        'card_id' as column_name,
        count(raw_card_id) as codes
    from members
    union all
    select
        'sales_lines' as table_name,
        {% set counts = [] -%}
        {% for code in codes -%}
        {% do counts.append({'column_name': sql_literal(code), 'codes': code}) -%}
        {% endfor -%}
        {{ rows_of(counts) }}
    from codes_of_lines
),

member_values as (
    {{ odd_values('members', {
        'card_id': 'code', 'birth_date': 'moment', 'registered_at': 'moment', 'gender': 'label', 'age_band': 'label',
    }) }}
),

repaired as (
    select
        *,
        'members' as table_name
    from member_values
    union all
    select
        *,
        'sales_lines' as table_name
    from line_values
),

forms as (
    select
        table_name,
        source_file,
        column_name,
        kind,
        repair,
        count(*) as odd,
        sum(count(*)) over (partition by table_name, column_name, repair) as odd_of_table
    from repaired
    group by table_name, source_file, column_name, kind, repair
),

-- A form that most values of a file have is the file's way to write, and no repair; of a code, only one that all have,
-- since it is looked up in other files. What was not understood is lost, however often.
repairs_of_files as (
    select forms.*
    from forms
    inner join files on forms.table_name = files.table_name and forms.source_file = files.source_file
    left join codes on forms.table_name = codes.table_name and forms.column_name = codes.column_name
    where
        forms.repair = 'not_understood'
        or (forms.kind = 'code' and forms.odd_of_table < codes.codes)
        or (forms.kind <> 'code' and forms.odd <= files.raw_rows / 2)
),

listed as (
    select repaired.*
    from repaired
    inner join repairs_of_files
        on
            repaired.table_name = repairs_of_files.table_name
            and repaired.source_file = repairs_of_files.source_file
            and repaired.column_name = repairs_of_files.column_name
            and repaired.repair = repairs_of_files.repair
),

with_labels as (
    select
        listed.table_name,
        listed.source_file,
        listed.row_no,
        listed.line_no,
        listed.column_name,
        listed.repair,
        repairs.name_zh as repair_name_zh,
        repairs.name_en as repair_name_en,
        listed.raw_value,
        listed.value
    from listed
    left join repairs on listed.repair = repairs.repair
)

select * from with_labels
order by table_name, source_file, row_no, column_name
