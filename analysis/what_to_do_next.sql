-- What is to be done with whom, and what is at stake? One row per action, the highest expected amount first.
select
    action_code,
    action_text_en,
    count(*) as members,
    round(sum(expected_purchases)) as expected_purchases,
    round(sum(expected_value)) as expected_amount
from {{ ref('member_next_steps') }}
group by action_code, action_text_en
order by expected_amount desc nulls last, action_code
