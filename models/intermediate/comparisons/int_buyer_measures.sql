with features as (
    select * from {{ ref('lrfmpsx') }}
),

orders as (
    select * from {{ ref('int_orders_as_of') }}
),

goods as (
    select * from {{ ref('int_buyer_goods') }}
),

pieces as (
    select
        card_id,
        sum(pieces) as pieces
    from orders
    group by card_id
),

measures as (
    select
        features.card_id,
        features.m as amount,
        features.f as orders,
        features.days_since_registration as tenure,
        features.days_since_last_purchase as recency,
        goods.low_price_share,
        goods.high_price_share,
        goods.below_price_share,
        goods.without_points_share,
        goods.discounted_share,
        cast(features.m as double) / features.f as amount_per_order,
        cast(pieces.pieces as double) / features.f as pieces_per_order
    from features
    inner join pieces on features.card_id = pieces.card_id
    inner join goods on features.card_id = goods.card_id
)

select * from measures
