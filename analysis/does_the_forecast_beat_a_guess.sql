-- Does the forecast beat a guess, on the part of the data it has not seen? One row per quantity and method.
select
    quantity,
    method,
    round(mean_absolute_error, 2) as mean_absolute_error,
    round(root_mean_square_error, 2) as root_mean_square_error,
    round(100 * total_bias, 1) as percent_too_many
from {{ ref('clv_check') }}
order by quantity desc, mean_absolute_error
