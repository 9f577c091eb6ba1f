-- A warehouse without one buyer answers nothing: stop at once, and say what to look at.
with known as (
    select count(*) as orders from {{ ref('int_orders_as_of') }}
)

select known.orders
from known
cross join {{ ref('int_as_of') }} as as_of
where case
    when known.orders = 0 then error(
        'No purchase before the as-of date ' || cast(as_of.as_of as date) || ' is of a member who was registered by '
        || 'then: give a later as_of, or see to the times of registration.'
    )
end
