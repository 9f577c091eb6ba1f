"""K-means on scaled features, fitted for several numbers of clusters, scored, and returned as one table."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from threadpoolctl import threadpool_limits

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Row = tuple[str, str, int | None, int | None, str | None, float]

REPORT_TYPES = {
    "kind": "str",
    "scaling": "str",
    "n_clusters": "Int64",
    "cluster": "Int64",
    "feature": "str",
    "value": "float64",
}
TILE = 512  # points whose distances are computed together; a tile of TILE x 4 TILE stays in the cache


@threadpool_limits.wrap(limits=1)  # the same sums in the same order on every run, however busy the machine
def fit_report(
    features: pd.DataFrame,
    *,
    feature_names: Sequence[str],
    scalings: Sequence[str],
    log_features: Sequence[str],
    n_clusters: Sequence[int],
    seed: int,
    n_init: int = 10,
) -> pd.DataFrame:
    """Fit every scaling and number of clusters and report parameters and scores, but no row's cluster.

    Parameters
    ----------
    features : one row per buyer, sorted by key; a feature without any value leaves the fit.
    feature_names : columns of `features` that may enter.
    scalings : of "standard" (z-scores with the population's deviation), "minmax" (0 to 1) and "log_standard"
        (ln(1 + x) of `log_features`, then z-scores).
    n_clusters : numbers of clusters; those for which there are too few different rows are left out.
    seed : of the starts of K-means.
    n_init : starts per fit, of which the one with the smallest inertia counts.

    Returns
    -------
    Rows (kind, scaling, n_clusters, cluster, feature, value). Kinds: shift, scale and is_log of each scaling and
    feature, so that scaled = (g(x) - shift) / scale with g(x) = ln(1 + max(x, 0)) where is_log is 1 and x
    elsewhere; center (scaled) of each cluster and feature; size of each cluster; and silhouette, inertia,
    davies_bouldin, calinski_harabasz and smallest_share of each number of clusters. Empty for empty input.
    """
    names = [name for name in feature_names if features[name].notna().any()]
    values = features[names].to_numpy(dtype=np.float64)
    if not len(values) or not names:
        scalings = ()

    @threadpool_limits.wrap(limits=1)  # the limit of OpenMP holds for one thread only
    def rows_of(scaling: str) -> list[Row]:
        rows: list[Row] = []
        is_log = np.array([scaling == "log_standard" and name in log_features for name in names])
        shift, scale, scaled = scale_features(values, scaling, is_log)
        for index, name in enumerate(names):
            for kind, value in (("shift", shift), ("scale", scale), ("is_log", is_log)):
                rows.append((kind, scaling, None, None, name, float(value[index])))
        different_rows = len(np.unique(scaled, axis=0))
        fits = {k: KMeans(k, n_init=n_init, random_state=seed).fit(scaled) for k in n_clusters if k < different_rows}
        labelings = [fit.labels_.astype(np.int64) for fit in fits.values()]
        silhouettes = silhouette_scores(scaled, labelings)
        for (k, fit), labels, silhouette in zip(fits.items(), labelings, silhouettes, strict=True):
            sizes = np.bincount(labels, minlength=k)
            scores = {
                "silhouette": silhouette,
                "inertia": fit.inertia_,
                "davies_bouldin": davies_bouldin_score(scaled, labels),
                "calinski_harabasz": calinski_harabasz_score(scaled, labels),
                "smallest_share": sizes.min() / len(labels),
            }
            rows.extend((kind, scaling, k, None, None, float(value)) for kind, value in scores.items())
            for cluster in range(k):
                rows.append(("size", scaling, k, cluster, None, float(sizes[cluster])))
                for index, name in enumerate(names):
                    center = float(fit.cluster_centers_[cluster, index])
                    rows.append(("center", scaling, k, cluster, name, center))
        return rows

    with ThreadPoolExecutor() as pool:
        rows = [row for rows in pool.map(rows_of, scalings) for row in rows]
    return pd.DataFrame(rows, columns=list(REPORT_TYPES)).astype(REPORT_TYPES)


def scale_features(values: Matrix, scaling: str, is_log: npt.NDArray[np.bool_]) -> tuple[Matrix, Matrix, Matrix]:
    """Return shift, scale and (g(values) - shift) / scale of an (n, features) matrix; see `fit_report`.

    A feature with one value only has scale 1 and so adds nothing to any distance.
    """
    transformed = np.where(is_log, np.log1p(np.maximum(values, 0)), values)
    if scaling == "minmax":
        shift, scale = transformed.min(axis=0), np.ptp(transformed, axis=0)
    else:
        shift, scale = transformed.mean(axis=0), transformed.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return shift, scale, (transformed - shift) / scale


def silhouette_scores(points: Matrix, labelings: Sequence[Labels]) -> list[float]:
    """Exact mean silhouettes (Rousseeuw 1987) of several labelings of the same (n, features) points.

    The distances are computed once, block by block in single precision, and summed per cluster of every labeling by
    one matrix product, so that five labelings cost little more than one and memory stays small.
    """
    if not labelings:
        return []
    membership = np.hstack([np.eye(labels.max() + 1, dtype=np.float32)[labels] for labels in labelings])
    starts = np.cumsum([0, *(int(labels.max()) + 1 for labels in labelings)])
    sums = _distance_sums(points.astype(np.float32), membership)
    return [
        float(_silhouettes(sums[:, start:end], labels).mean())
        for labels, start, end in zip(labelings, starts[:-1], starts[1:], strict=True)
    ]


def _distance_sums(points: npt.NDArray[np.float32], membership: npt.NDArray[np.float32]) -> Matrix:
    """Summed Euclidean distances (n, groups) of each point to the points of each column of `membership`."""
    # |a - b|^2 = |a|^2 + |b|^2 - 2ab as one product of points with two columns more.
    squares = np.einsum("ij,ij->i", points, points)[:, None]
    ones = np.ones_like(squares)
    left = np.hstack([-2 * points, squares, ones])
    right = np.ascontiguousarray(np.hstack([points, ones, squares]).T)
    sums = np.zeros((len(points), membership.shape[1]))
    for row in range(0, len(points), TILE):
        block = left[row : row + TILE]
        for column in range(0, len(points), 4 * TILE):
            distances = block @ right[:, column : column + 4 * TILE]
            np.maximum(distances, 0, out=distances)
            np.sqrt(distances, out=distances)
            if column <= row < column + 4 * TILE:
                diagonal = np.arange(len(block))
                distances[diagonal, row - column + diagonal] = 0
            sums[row : row + TILE] += distances @ membership[column : column + 4 * TILE]
    return sums


def _silhouettes(distance_sums: Matrix, labels: Labels) -> Matrix:
    """Silhouette of each point from its (n, clusters) summed distances; 0 in a cluster of one."""
    sizes = np.bincount(labels)
    rows = np.arange(len(labels))
    own_size = sizes[labels]
    within = distance_sums[rows, labels] / np.maximum(own_size - 1, 1)
    means = distance_sums / sizes
    means[rows, labels] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    return np.where((own_size > 1) & (larger > 0), (nearest - within) / np.where(larger > 0, larger, 1), 0.0)
