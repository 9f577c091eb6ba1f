"""Which clusters of a new model continue those of an earlier one."""

import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.clustering import matches


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
    Rows (scaling, n_clusters, cluster, previous_segment) for the clusters of `report` that continue one of `previous`.
    """
    rows: list[tuple[str, int, int, int]] = []
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
                rows += [(scaling, int(k), int(i), int(numbers[j])) for i, j in pairs]
    return matches(rows)


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
