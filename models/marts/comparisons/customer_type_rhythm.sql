{%- set rhythms = {'hour': 'hour', 'weekday': 'weekday', 'month': 'month', 'season': 'season_no'} -%}
with hours as (
    select * from {{ ref('int_customer_type_hours') }}
),

weekdays as (
    select * from {{ ref('weekdays') }}
),

seasons as (
    select * from {{ ref('seasons') }}
),

coverage as (
    select * from {{ ref('eda_coverage') }}
),

trade as (
    select
        customer_type,
        count(distinct day) filter (where hour is not null) as trading_days
    from hours
    group by customer_type
),

days as (
    select
        hours.*,
        trade.trading_days as all_trading_days,
        weekdays.weekday,
        weekdays.name_zh as weekday_name_zh,
        weekdays.name_en as weekday_name_en,
        seasons.month,
        seasons.season_no,
        seasons.name_zh as season_name_zh,
        seasons.name_en as season_name_en,
        coverage.status = 'complete' as is_in_complete_month
    from hours
    inner join trade on hours.customer_type = trade.customer_type
    inner join weekdays on {{ weekday_of('hours.day') }} = weekdays.weekday
    inner join seasons on month(hours.day) = seasons.month
    left join coverage on date_trunc('month', hours.day) = coverage.month_start
),

-- Days with trade of this type of customer divide its gaps out; every day has all hours. Of times of the year, a month
-- with gaps would have its few sales taken for usual ones.
rhythms as (
    {% for rhythm, position in rhythms.items() -%}
    {% set names = rhythm if rhythm in ['weekday', 'season'] else none -%}
    select
        customer_type,
        '{{ rhythm }}' as rhythm,
        cast({{ position }} as integer) as position,
        {{ names ~ '_name_zh' if names else 'cast(' ~ position ~ ' as string)' }} as name_zh,
        {{ names ~ '_name_en' if names else 'cast(' ~ position ~ ' as string)' }} as name_en,
        cast(sum(orders) as bigint) as orders,
        cast(sum(amount) as decimal(18, 2)) as amount,
        {{ 'any_value(all_trading_days)' if rhythm == 'hour' else 'count(distinct day)' }} as trading_days,
        {% if rhythm in ['month', 'season'] -%}
        cast(sum(orders) filter (where is_in_complete_month) as double)
        / count(distinct day) filter (where is_in_complete_month) as orders_per_trading_day
        {%- else -%}
        cast(sum(orders) as double) / trading_days as orders_per_trading_day
        {%- endif %}
    from days
    {{ 'where hour is not null' if rhythm == 'hour' }}
    group by all
    {{ "union all" if not loop.last }}
    {% endfor -%}
),

shares as (
    select
        *,
        orders_per_trading_day / sum(orders_per_trading_day) over (
            partition by customer_type, rhythm order by position
            rows between unbounded preceding and unbounded following
        ) as share
    from rhythms
)

select * from shares
order by rhythm, customer_type, position
