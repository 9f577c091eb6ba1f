"""K-means on scaled features, fitted for several numbers of clusters, scored, and returned as one table."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

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
from segmentation.processes import worker_processes

P = ParamSpec("P")
Result = TypeVar("Result")
Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Row = tuple[str, str, int | None, int | None, str | None, float]

FEW_ROWS = 10_000  # are fitted sooner than processes are started
REPORT_TYPES = {
    "kind": "str",
    "scaling": "str",
    "n_clusters": "Int64",
    "cluster": "Int64",
    "feature": "str",
    "value": "float64",
}


def _one_core(function: Callable[P, Result]) -> Callable[P, Result]:
    """Keep to one core: the same sums in the same order on every run, however busy the machine."""
    limited: Callable[P, Result] = threadpool_limits.wrap(limits=1)(function)
    return limited


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
    with ExitStack() as stack:
        run = stack.enter_context(worker_processes()).map if len(values) > FEW_ROWS else map
        fits = list(run(partial(_fit, names=names, values=values, settings=settings), scalings))
        stability, silhouettes = run(_stability_rows, fits), run(_silhouette_rows, fits)
        return _report([row for rows in (*(fit.rows for fit in fits), *silhouettes, *stability) for row in rows])


@dataclass(frozen=True)
class _Fits:
    """The fits of one scaling: the scaled (n, features) points, labels by number of clusters, rows of the report."""

    scaling: str
    settings: FitSettings
    points: Matrix
    labels: dict[int, Labels]
    rows: list[Row]


@_one_core
def _fit(scaling: str, names: Sequence[str], values: Matrix, settings: FitSettings) -> _Fits:
    is_log = np.array([scaling == "log_standard" and name in settings.log_features for name in names])
    shift, scale, points = scale_features(values, scaling, is_log)
    rows: list[Row] = [
        (kind, scaling, None, None, name, float(parameter[index]))
        for kind, parameter in (("shift", shift), ("scale", scale), ("is_log", is_log))
        for index, name in enumerate(names)
    ]
    different_rows = len(np.unique(points, axis=0))
    labels: dict[int, Labels] = {}
    for k in settings.n_clusters:
        if k >= different_rows:
            continue
        fit = KMeans(k, n_init=settings.n_init, random_state=settings.seed).fit(points)
        labels[k] = fit.labels_.astype(np.int64)
        sizes = np.bincount(labels[k], minlength=k)
        scores = {
            "inertia": fit.inertia_,
            "davies_bouldin": davies_bouldin_score(points, labels[k]),
            "calinski_harabasz": calinski_harabasz_score(points, labels[k]),
            "smallest_share": sizes.min() / len(points),
        }
        rows += [(kind, scaling, k, None, None, float(value)) for kind, value in scores.items()]
        rows += [("size", scaling, k, cluster, None, float(size)) for cluster, size in enumerate(sizes)]
        rows += [
            ("center", scaling, k, cluster, name, float(coordinate))
            for cluster, center in enumerate(fit.cluster_centers_)
            for name, coordinate in zip(names, center, strict=True)
        ]
    return _Fits(scaling, settings, points, labels, rows)


@_one_core
def _silhouette_rows(fits: _Fits) -> list[Row]:
    silhouettes = silhouette_scores(fits.points, list(fits.labels.values()))
    return [
        ("silhouette", fits.scaling, k, None, None, score) for k, score in zip(fits.labels, silhouettes, strict=True)
    ]


@_one_core
def _stability_rows(fits: _Fits) -> list[Row]:
    scaling, settings = fits.scaling, fits.settings
    rng = np.random.default_rng(settings.seed)
    sample = np.sort(rng.choice(len(fits.points), min(len(fits.points), settings.sample_size), replace=False))
    points = fits.points[sample]
    rows: list[Row] = [("sample_size", scaling, None, None, None, float(len(sample)))]
    if fits.labels:
        for k, gap, error in gap_statistics(points, [1, *fits.labels], settings.n_references, settings.seed):
            rows += [("gap", scaling, k, None, None, gap), ("gap_error", scaling, k, None, None, error)]
    for k, labels in fits.labels.items():
        adjusted_rand, jaccards = refit_agreement(points, labels[sample], k, settings.n_refits, settings.seed)
        rows.append(("adjusted_rand", scaling, k, None, None, adjusted_rand))
        rows += [("jaccard", scaling, k, cluster, None, float(jaccard)) for cluster, jaccard in enumerate(jaccards)]
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
