"""K-means on scaled features, fitted for several numbers of clusters, scored, and returned as one table."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from threadpoolctl import threadpool_limits

from segmentation.cluster_scores import gap_statistics, refit_agreement, silhouette_scores
from segmentation.errors import InputError

Matrix = npt.NDArray[np.float64]
Row = tuple[str, str, int | None, int | None, str | None, float]

REPORT_TYPES = {
    "kind": "str",
    "scaling": "str",
    "n_clusters": "Int64",
    "cluster": "Int64",
    "feature": "str",
    "value": "float64",
}


@dataclass(frozen=True)
class FitSettings:
    """What is fitted and how it is scored.

    Attributes
    ----------
    feature_names : columns that may enter; one without any value leaves by itself.
    scalings : of "standard" (z-scores with the population's deviation), "minmax" (0 to 1) and "log_standard"
        (ln(1 + x) of `log_features`, then z-scores).
    n_clusters : numbers of clusters; those for which there are too few different rows are left out.
    seed : of the starts of K-means and of all samples.
    n_init : starts per fit, of which the one with the smallest inertia counts.
    sample_size : rows of the random sample that stability and gap are computed on.
    n_refits : fits of resampled rows that stability compares.
    n_references : structureless data sets that the gap statistic compares with.
    """

    feature_names: Sequence[str]
    scalings: Sequence[str]
    log_features: Sequence[str]
    n_clusters: Sequence[int]
    seed: int
    sample_size: int
    n_refits: int
    n_references: int
    n_init: int = 10


@threadpool_limits.wrap(limits=1)  # the same sums in the same order on every run, however busy the machine
def fit_report(features: pd.DataFrame, settings: FitSettings) -> pd.DataFrame:
    """Fit every scaling and number of clusters and report parameters and scores, but no row's cluster.

    Parameters
    ----------
    features : one row per buyer, sorted by key.

    Returns
    -------
    Rows (kind, scaling, n_clusters, cluster, feature, value). Kinds: shift, scale and is_log of each scaling and
    feature, so that scaled = (g(x) - shift) / scale with g(x) = ln(1 + max(x, 0)) where is_log is 1 and x
    elsewhere; center (scaled) of each cluster and feature; size and jaccard of each cluster; silhouette, inertia,
    davies_bouldin, calinski_harabasz, smallest_share and adjusted_rand of each number of clusters; gap and gap_error
    of each number of clusters and of 1; sample_size of each scaling. Empty for empty input.
    """
    names = [name for name in settings.feature_names if features[name].notna().any()]
    values = features[names].to_numpy(dtype=np.float64)
    scalings = settings.scalings if len(values) and names else ()
    with ThreadPoolExecutor() as pool:
        reports = pool.map(lambda scaling: _rows_of(scaling, names, values, settings), scalings)
        rows = [row for report in reports for row in report]
    return _report(rows)


@threadpool_limits.wrap(limits=1)  # the limit of OpenMP holds for one thread only
def _rows_of(scaling: str, names: Sequence[str], values: Matrix, settings: FitSettings) -> list[Row]:
    is_log = np.array([scaling == "log_standard" and name in settings.log_features for name in names])
    shift, scale, scaled = scale_features(values, scaling, is_log)
    rows: list[Row] = [
        (kind, scaling, None, None, name, float(parameter[index]))
        for kind, parameter in (("shift", shift), ("scale", scale), ("is_log", is_log))
        for index, name in enumerate(names)
    ]
    different_rows = len(np.unique(scaled, axis=0))
    counts = [k for k in settings.n_clusters if k < different_rows]
    fits = [KMeans(k, n_init=settings.n_init, random_state=settings.seed).fit(scaled) for k in counts]
    labelings = [fit.labels_.astype(np.int64) for fit in fits]

    rng = np.random.default_rng(settings.seed)
    sample = np.sort(rng.choice(len(scaled), min(len(scaled), settings.sample_size), replace=False))
    rows.append(("sample_size", scaling, None, None, None, float(len(sample))))
    if counts:
        for k, gap, error in gap_statistics(scaled[sample], [1, *counts], settings.n_references, settings.seed):
            rows += [("gap", scaling, k, None, None, gap), ("gap_error", scaling, k, None, None, error)]

    silhouettes = silhouette_scores(scaled, labelings)
    for k, fit, labels, silhouette in zip(counts, fits, labelings, silhouettes, strict=True):
        sizes = np.bincount(labels, minlength=k)
        adjusted_rand, jaccards = refit_agreement(scaled[sample], labels[sample], k, settings.n_refits, settings.seed)
        scores = {
            "silhouette": silhouette,
            "inertia": fit.inertia_,
            "davies_bouldin": davies_bouldin_score(scaled, labels),
            "calinski_harabasz": calinski_harabasz_score(scaled, labels),
            "smallest_share": sizes.min() / len(labels),
            "adjusted_rand": adjusted_rand,
        }
        rows.extend((kind, scaling, k, None, None, float(value)) for kind, value in scores.items())
        for cluster in range(k):
            rows.append(("size", scaling, k, cluster, None, float(sizes[cluster])))
            rows.append(("jaccard", scaling, k, cluster, None, float(jaccards[cluster])))
            rows.extend(
                ("center", scaling, k, cluster, name, float(center))
                for name, center in zip(names, fit.cluster_centers_[cluster], strict=True)
            )
    return rows


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


def matched_segments(report: pd.DataFrame, previous: pd.DataFrame) -> pd.DataFrame:
    """Match the clusters of a report with those of an earlier model of the same features, scaling and number.

    Centres are paired so that their summed Euclidean distance, in the scaled units of `report`, is the smallest
    possible (Kuhn 1955). The pairs count only where each centre is also the nearest one of its partner: elsewhere the
    groups are others than before.

    Parameters
    ----------
    report : as `fit_report` returns it.
    previous : likewise, with rows of the kind segment: the number that each cluster has as a segment.

    Returns
    -------
    Rows of the kind previous_segment for the clusters of `report` that continue one of `previous`.
    """
    rows: list[Row] = []
    for scaling in report["scaling"].unique():
        new, old = (table[table["scaling"] == scaling] for table in (report, previous))
        new_scaler, old_scaler = _by_feature(new), _by_feature(old)
        if not new_scaler["is_log"].equals(old_scaler["is_log"]):
            continue
        for k in new.loc[new["kind"] == "center", "n_clusters"].unique():
            centers, old_centers = _centers(new, k), _centers(old, k)
            if len(old_centers) != len(centers):
                continue
            transformed = old_centers * old_scaler["scale"] + old_scaler["shift"]
            distances = cdist(centers, (transformed - new_scaler["shift"]) / new_scaler["scale"])
            pairs = list(zip(*linear_sum_assignment(distances), strict=True))
            if all(distances[i].argmin() == j and distances[:, j].argmin() == i for i, j in pairs):
                numbers = old[(old["kind"] == "segment") & (old["n_clusters"] == k)].set_index("cluster")["value"]
                rows += [("previous_segment", scaling, int(k), int(i), None, float(numbers[j])) for i, j in pairs]
    return _report(rows)


def reused_model(stored: pd.DataFrame, feature_names: Sequence[str]) -> pd.DataFrame:
    """Return a stored model, its segment numbers as rows of the kind previous_segment, instead of a new fit.

    Raises
    ------
    InputError
        If the model was not fitted on features of `feature_names`.
    """
    fitted = stored.loc[stored["kind"] == "shift", "feature"].unique()
    if not set(fitted) <= set(feature_names):
        raise InputError(
            f"cluster_model is reuse, but the stored model needs the features {', '.join(fitted)} and cluster_features "
            f"names {', '.join(feature_names)}: build once with cluster_model: refit."
        )
    return stored.assign(kind=stored["kind"].replace("segment", "previous_segment"))[
        [*REPORT_TYPES, "trained_as_of", "settings"]
    ]


def _by_feature(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scaler's parameters, one row per feature."""
    parameters = table[table["kind"].isin(["shift", "scale", "is_log"])]
    return parameters.pivot(index="feature", columns="kind", values="value").reindex(
        columns=["shift", "scale", "is_log"]
    )


def _centers(table: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return the scaled centres of a number of clusters, one row per cluster, one column per feature by name."""
    centers = table[(table["kind"] == "center") & (table["n_clusters"] == k)]
    return centers.pivot(index="cluster", columns="feature", values="value")


def _report(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(REPORT_TYPES)).astype(REPORT_TYPES)
