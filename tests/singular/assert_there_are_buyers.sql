-- A warehouse without one buyer answers nothing.
select 'No line of the sales file was kept' as problem
where not exists (select 1 from {{ ref('lrfmpsx') }})
