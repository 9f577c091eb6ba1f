with model as (
    select * from {{ ref('int_cluster_model') }}
),

clusters as (
    select * from {{ ref('int_clusters_numbered') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

segments as (
    select
        'segment' as kind,
        scaling,
        n_clusters,
        cluster,
        cast(null as string) as feature,
        cast(segment as double) as value
    from clusters
),

trained as (
    select
        any_value(trained_as_of) as trained_as_of,
        any_value(settings) as settings
    from model
),

parameters as (
    select
        kind,
        scaling,
        n_clusters,
        cluster,
        feature,
        value
    from model
    union all
    select * from segments
),

-- Nine digits of a number: the last ones can differ between machines, and of longer ones engines round ties otherwise.
written as (
    select
        *,
        concat_ws('|', kind, scaling, n_clusters, cluster, feature, printf('%.8e', value)) as parameter
    from parameters
),

-- The same content gives the same id, wherever and whenever it was fitted.
identity as (
    select md5({{ text_by('parameter', ';', 'kind, scaling, n_clusters, cluster, feature') }}) as model_id
    from written
),

model_parameters as (
    select
        identity.model_id,
        as_of.retailer,
        trained.trained_as_of,
        trained.settings,
        parameters.scaling,
        parameters.n_clusters,
        parameters.kind,
        parameters.cluster,
        parameters.feature,
        parameters.value
    from parameters
    cross join trained
    cross join as_of
    cross join identity
)

select * from model_parameters
order by scaling, n_clusters, kind, cluster, feature
