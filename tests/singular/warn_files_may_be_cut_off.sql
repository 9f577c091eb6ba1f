{{ config(severity='warn') }}
-- The file may be a cut-off copy: it ends where a spreadsheet's sheet is full, or long before the registrations do.
select * from {{ ref('input_files') }}
where is_full_sheet or ends_early
