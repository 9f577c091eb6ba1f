-- Who has brought everything back is no buyer (setting returns: net): where nobody else is left, stop and say so.
with buyers as (
    select count(*) as buyers from {{ ref('lrfmpsx') }}
)

select buyers from buyers
where case
    when buyers = 0 then error(
        'By the as-of date all members have brought back as much as they bought, so that nobody is a buyer: set '
        || 'returns: drop, or see to the amounts of the returns.'
    )
end
