import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from segmentation.clustering import fit_report, silhouette_scores

SETTINGS = {
    "feature_names": ["f", "m"],
    "scalings": ["standard", "minmax", "log_standard"],
    "log_features": ["m"],
    "n_clusters": [2, 3],
    "seed": 7,
}


def planted(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 3, n)
    return pd.DataFrame({"f": kind * 10 + rng.normal(0, 1, n), "m": 10.0 ** (kind + rng.normal(0, 0.1, n))})


@pytest.mark.parametrize("n", [7, 700])
def test_silhouettes_of_all_labelings_equal_scikit_learn(n: int) -> None:
    rng = np.random.default_rng(n)
    points = rng.normal(size=(n, 4))
    points[: n // 3] = points[0]
    labelings = [np.arange(n) % k for k in (2, 3, 6)] + [np.r_[0, np.ones(n - 1, dtype=int)]]
    expected = [silhouette_score(points, labels) for labels in labelings]
    assert silhouette_scores(points, labelings) == pytest.approx(expected, abs=2e-6)


def test_parameters_place_every_row_as_scikit_learn_does() -> None:
    data = planted()
    report = fit_report(data, **SETTINGS)
    standard = report[report["scaling"] == "standard"]
    shift, scale = (standard[standard["kind"] == kind].set_index("feature")["value"] for kind in ("shift", "scale"))
    centers = standard[(standard["kind"] == "center") & (standard["n_clusters"] == 3)]
    centers = centers.pivot(index="cluster", columns="feature", values="value")[["f", "m"]].to_numpy(dtype=float)
    scaled = (data - shift) / scale
    placed = ((scaled[["f", "m"]].to_numpy()[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    fit = KMeans(3, n_init=10, random_state=7).fit(StandardScaler().fit_transform(data))
    assert (placed == fit.labels_).all()


def test_too_few_different_rows_leave_the_cluster_number_out() -> None:
    data = pd.DataFrame({"f": [1.0, 1.0, 5.0, 9.0], "m": [1.0, 1.0, 2.0, 3.0]})
    assert set(fit_report(data, **SETTINGS)["n_clusters"].dropna()) == {2}
    same = pd.DataFrame({"f": [1.0, 1.0], "m": [2.0, 2.0]})
    assert fit_report(same, **SETTINGS)["n_clusters"].isna().all()
    assert fit_report(same.head(0), **SETTINGS).empty


def test_a_feature_without_values_leaves_the_fit() -> None:
    report = fit_report(planted().assign(m=np.nan), **SETTINGS)
    assert set(report["feature"].dropna()) == {"f"}
