"""K-means on scaled features, fitted for several numbers of clusters, scored, and returned as one table."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from segmentation.errors import InputError
from segmentation.processes import call, worker_processes

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Row = tuple[str, str, int | None, int | None, str | None, float]

FITS = "segmentation.cluster_fits."
FEW_ROWS = 10_000  # are fitted sooner than processes are started
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


@dataclass(frozen=True)
class Fits:
    """The fits of one scaling: the scaled (n, features) points, labels by number of clusters, rows of the report."""

    scaling: str
    settings: FitSettings
    points: Matrix
    labels: dict[int, Labels]
    rows: list[Row]


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
        fits: list[Fits] = []
        scores: list[Iterable[list[Row]]] = []
        for fit in run(partial(call, FITS + "fit_scaling", names=names, values=values, settings=settings), scalings):
            fits.append(fit)
            scores += [run(partial(call, FITS + name), [fit]) for name in ("stability_rows", "silhouette_rows")]
        return _report([row for fit in fits for row in fit.rows] + [row for rows in chain(*scores) for row in rows])


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
    # Only here is SciPy needed, which takes a second to load.
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

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
