{{ config(severity='warn') }}
-- The file may be a cut-off copy: it ends where a spreadsheet's sheet is full, or long before the registrations do.
-- Or its lines are those of another file too, and count twice.
select * from {{ ref('input_files') }}
where is_full_sheet or ends_early or counts_twice
