with settings as (
    select
        in_force.setting,
        in_force.setting_no,
        in_force.value
    from (values {{ settings_in_force() }}) as in_force (setting, setting_no, value)
)

select * from settings
order by setting_no
