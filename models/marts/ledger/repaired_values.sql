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

line_values as (
    select * from {{ ref('int_odd_line_values') }}
),

table_sizes as (
    select
        table_name,
        sum(raw_rows) as table_rows
    from files
    group by table_name
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

-- A form that most values of a file have is the file's way to write, and no repair; of a code, only one that all have,
-- since it is looked up in other files. What was not understood is lost, however often.
listed as (
    select repaired.*
    from repaired
    inner join files on repaired.table_name = files.table_name and repaired.source_file = files.source_file
    inner join table_sizes on repaired.table_name = table_sizes.table_name
    qualify
        repaired.repair = 'not_understood'
        or count(*) over (
            partition by repaired.table_name, repaired.source_file, repaired.column_name, repaired.repair
        ) <= files.raw_rows / 2
        or (
            repaired.kind = 'code'
            and count(*) over (partition by repaired.table_name, repaired.column_name, repaired.repair)
            < table_sizes.table_rows
        )
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
