-- Do more inactive members come back on promotion days than on other days? One row per kind of day.
select
    day_kind,
    days,
    activated_members,
    round(1000 * activation_rate, 2) as activated_per_1000_inactive_and_day,
    round(relative_rate, 2) as times_the_ordinary_rate,
    round(relative_rate_low, 2) as at_least,
    round(relative_rate_high, 2) as at_most
from {{ ref('promotion_activation') }}
order by day_kind
