{{ config(group='segmentation') }}
-- The assignment in SQL gives the clusters that K-means counted, of the buyers that it was fitted on.
select
    clusters.*,
    model.value as fitted_members
from {{ ref('int_clusters_numbered') }} as clusters
inner join {{ ref('int_cluster_model') }} as model
    on
        clusters.scaling = model.scaling
        and clusters.n_clusters = model.n_clusters
        and clusters.cluster = model.cluster
where model.kind = 'size' and model.value <> clusters.members
    and '{{ var("cluster_model") }}' = 'refit'
