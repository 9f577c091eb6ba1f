"""The fits of K-means for one scaling of the features, and their scores."""

from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from threadpoolctl import threadpool_limits

from segmentation.cluster_scores import estimated_silhouettes, gap_statistics, refit_agreement, silhouette_scores
from segmentation.clustering import Fits, FitSettings, Labels, Matrix, Row

SAMPLE_STARTS = 20  # starts of K-means on a sample of many points
CONTINUED = 3  # of these starts, the best are continued on all points
MOST_STEPS = 1_000

P = ParamSpec("P")
Result = TypeVar("Result")


def _one_core(function: Callable[P, Result]) -> Callable[P, Result]:
    """Keep to one core: the same sums in the same order on every run, however busy the machine."""
    limited: Callable[P, Result] = threadpool_limits.wrap(limits=1)(function)
    return limited


@_one_core
def fit_scaling(scaling: str, names: Sequence[str], values: Matrix, settings: FitSettings) -> Fits:
    """Fit every number of clusters to the (n, features) values in one scaling."""
    is_log = np.array([scaling == "log_standard" and name in settings.log_features for name in names])
    shift, scale, points = scale_features(values, scaling, is_log)
    rows: list[Row] = [
        (kind, scaling, None, None, name, float(parameter[index]))
        for kind, parameter in (("shift", shift), ("scale", scale), ("is_log", is_log))
        for index, name in enumerate(names)
    ]
    different_rows = len(pd.DataFrame(points).drop_duplicates())
    labels: dict[int, Labels] = {}
    for k in settings.n_clusters:
        if k >= different_rows:
            continue
        fit = fit_k_means(points, k, settings)
        labels[k] = fit.labels_.astype(np.int8)
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
    return Fits(scaling, settings, points, labels, rows)


def fit_k_means(points: Matrix, k: int, settings: FitSettings) -> KMeans:
    """Fit k clusters to all (n, features) points: the best of n_init starts.

    With more than `exact_rows` points the starts are made on a weighted sample of that many, a lightweight coreset
    (Bachem, Lucic and Krause 2018): half of it is drawn evenly, half by the squared distance to the mean, so that it
    holds the few points far out that make most of the inertia. The best starts are continued on all points, until no
    point moves.
    """
    if len(points) <= settings.exact_rows:
        return KMeans(k, n_init=settings.n_init, random_state=settings.seed).fit(points)
    distances = np.square(points - points.mean(axis=0)).sum(axis=1)
    chances = 0.5 / len(points) + 0.5 * distances / distances.sum()
    chosen = np.random.default_rng(settings.seed).choice(len(points), settings.exact_rows, p=chances)
    sample, weights = points[chosen], 1 / (settings.exact_rows * chances[chosen])
    starts = [
        KMeans(k, n_init=1, random_state=settings.seed + start).fit(sample, sample_weight=weights)
        for start in range(SAMPLE_STARTS)
    ]
    continued = [
        KMeans(k, init=start.cluster_centers_, n_init=1, tol=0, max_iter=MOST_STEPS).fit(points)
        for start in sorted(starts, key=lambda start: start.inertia_)[:CONTINUED]
    ]
    return min(continued, key=lambda fit: fit.inertia_)


@_one_core
def silhouette_rows(fits: Fits) -> list[Row]:
    """Report the mean silhouette of each number of clusters, with more than `exact_rows` points an estimate of it."""
    scaling, settings, labelings = fits.scaling, fits.settings, list(fits.labels.values())
    if len(fits.points) <= settings.exact_rows or not labelings:
        silhouettes = silhouette_scores(fits.points, labelings)
        return [
            ("silhouette", scaling, k, None, None, score) for k, score in zip(fits.labels, silhouettes, strict=True)
        ]
    estimates, size = estimated_silhouettes(fits.points, labelings, settings.sample_size, settings.seed)
    return [
        (kind, scaling, k, None, None, float(value))
        for k, (estimate, error) in zip(fits.labels, estimates, strict=True)
        for kind, value in (
            ("silhouette", estimate),
            ("silhouette_standard_error", error),
            ("silhouette_sample_size", size),
        )
    ]


@_one_core
def stability_rows(fits: Fits) -> list[Row]:
    """Report gap statistic and agreement of refits of each number of clusters, on a sample of the points."""
    scaling, settings = fits.scaling, fits.settings
    rng = np.random.default_rng(settings.seed)
    sample = np.sort(rng.choice(len(fits.points), min(len(fits.points), settings.sample_size), replace=False))
    points = fits.points[sample]
    rows: list[Row] = [("sample_size", scaling, None, None, None, float(len(sample)))]
    if fits.labels:
        labelings = {1: np.zeros(len(points), int)} | {k: labels[sample] for k, labels in fits.labels.items()}
        for k, gap, error in gap_statistics(points, labelings, settings.n_references, settings.seed):
            rows += [("gap", scaling, k, None, None, gap), ("gap_error", scaling, k, None, None, error)]
    for k, labels in fits.labels.items():
        adjusted_rand, jaccards = refit_agreement(
            points, labels[sample], k, settings.n_refits, settings.n_init, settings.seed
        )
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
