"""K-means on scaled features, fitted for several numbers of clusters, scored, and returned as one table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segmentation.errors import InputError
from segmentation.progress import Progress
from segmentation.speed import Run

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer[Any]]
Row = tuple[str, str, int | None, int | None, str | None, float]

REPORT_TYPES = {
    "kind": "str",
    "scaling": "str",
    "n_clusters": "Int64",
    "cluster": "Int64",
    "feature": "str",
    "value": "float64",
}
MATCH_TYPES = {"scaling": "str", "n_clusters": "int64", "cluster": "int64", "previous_segment": "int64"}


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
    exact_rows : up to so many rows all enter every start and every silhouette; above it samples do (`cluster_fits`).
    sample_size : rows of the random sample that stability and gap are computed on, and then the silhouettes too.
    n_refits : fits of resampled rows that stability compares.
    n_references : structureless data sets that the gap statistic compares with.
    """

    feature_names: Sequence[str]
    scalings: Sequence[str]
    log_features: Sequence[str]
    n_clusters: Sequence[int]
    seed: int
    exact_rows: int
    sample_size: int
    n_refits: int
    n_references: int
    n_init: int = 10


@dataclass(frozen=True)
class Fits:
    """The fits of one scaling: the scaled (n, features) points, labels by number of clusters, rows of the report."""

    scaling: str
    settings: FitSettings
    points: Matrix
    labels: dict[int, Labels]
    rows: list[Row]


def fit_report(features: pd.DataFrame, settings: FitSettings, run: Run = map) -> pd.DataFrame:
    """Fit every scaling and number of clusters and report parameters and scores, but no row's cluster.

    Parameters
    ----------
    features : one row per buyer, sorted by key.
    run : a map, perhaps one that has work done in processes of their own.

    Returns
    -------
    Rows (kind, scaling, n_clusters, cluster, feature, value). Kinds: shift, scale and is_log of each scaling and
    feature, so that scaled = (g(x) - shift) / scale with g(x) = ln(1 + max(x, 0)) where is_log is 1 and x
    elsewhere; center (scaled) of each cluster and feature; size and jaccard of each cluster; silhouette, inertia,
    davies_bouldin, calinski_harabasz, smallest_share and adjusted_rand of each number of clusters, and where the
    silhouette is an estimate silhouette_sample_size and silhouette_standard_error; gap and gap_error of each number
    of clusters and of 1; sample_size of each scaling. Empty for empty input.
    """
    names = [name for name in settings.feature_names if features[name].notna().any()]
    values = features[names].to_numpy(dtype=np.float64)
    scalings = settings.scalings if len(values) and names else ()
    progress = Progress("Clusters: fits and scores", 3 * len(scalings))
    fits: list[Fits] = []
    scores: list[Iterable[list[Row]]] = []
    for fit in run(partial(_fit_scaling, names=names, values=values, settings=settings), scalings):
        fits.append(fit)
        progress.reach(len(fits))
        scores += [run(score, [fit]) for score in (_stability_rows, _silhouette_rows)]
    rows = [row for fit in fits for row in fit.rows]
    for done, more in enumerate(chain(*scores), len(fits) + 1):
        rows += more
        progress.reach(done)
    return pd.DataFrame(rows, columns=list(REPORT_TYPES)).astype(REPORT_TYPES)


# scikit-learn takes a second to load: it is where a fit is made.
def _fit_scaling(scaling: str, *, names: Sequence[str], values: Matrix, settings: FitSettings) -> Fits:
    from segmentation.cluster_fits import fit_scaling

    return fit_scaling(scaling, names, values, settings)


def _stability_rows(fits: Fits) -> list[Row]:
    from segmentation.cluster_fits import stability_rows

    return stability_rows(fits)


def _silhouette_rows(fits: Fits) -> list[Row]:
    from segmentation.cluster_fits import silhouette_rows

    return silhouette_rows(fits)


def reused_model(stored: pd.DataFrame, feature_names: Sequence[str]) -> pd.DataFrame:
    """Return a stored model, without its segment numbers, instead of a new fit.

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
    return stored.loc[stored["kind"] != "segment", [*REPORT_TYPES, "trained_as_of", "settings"]]


def matches(rows: list[tuple[str, int, int, int]]) -> pd.DataFrame:
    """Return rows (scaling, n_clusters, cluster, previous_segment) as a table that has its types when it is empty."""
    return pd.DataFrame(rows, columns=list(MATCH_TYPES)).astype(MATCH_TYPES)
