from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from segmentation.cluster_fits import fit_k_means
from segmentation.cluster_matching import matched_segments
from segmentation.cluster_scores import estimated_silhouettes, gap_statistics, refit_agreement, silhouette_scores
from segmentation.clustering import FitSettings, Labels, Matrix, fit_report, reused_model
from segmentation.errors import InputError
from segmentation.speed import FEW_ROWS, workers

SETTINGS = FitSettings(
    feature_names=["f", "m"],
    scalings=["standard", "minmax", "log_standard"],
    log_features=["m"],
    n_clusters=[2, 3],
    seed=7,
    exact_rows=1_000,
    sample_size=300,
    n_refits=5,
    n_references=5,
)


def planted(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 3, n)
    return pd.DataFrame({"f": kind * 10 + rng.normal(0, 1, n), "m": 10.0 ** (kind + rng.normal(0, 0.1, n))})


def place(data: pd.DataFrame, report: pd.DataFrame, scaling: str, k: int) -> np.ndarray:
    rows = report[report["scaling"] == scaling]
    shift, scale = (rows[rows["kind"] == kind].set_index("feature")["value"][["f", "m"]] for kind in ("shift", "scale"))
    centers = rows[(rows["kind"] == "center") & (rows["n_clusters"] == k)]
    centers = centers.pivot(index="cluster", columns="feature", values="value")[["f", "m"]].to_numpy(dtype=float)
    scaled = ((data - shift) / scale).to_numpy()
    return ((scaled[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)


@pytest.mark.parametrize("n", [7, 700])
def test_silhouettes_of_all_labelings_equal_scikit_learn(n: int) -> None:
    rng = np.random.default_rng(n)
    points = rng.normal(size=(n, 4))
    points[: n // 3] = points[0]
    labelings = [np.arange(n) % k for k in (2, 3, 6)] + [np.r_[0, np.ones(n - 1, dtype=int)]]
    expected = [silhouette_score(points, labels) for labels in labelings]
    assert silhouette_scores(points, labelings) == pytest.approx(expected, abs=2e-6)


def test_silhouettes_of_points_close_together_and_far_from_zero_equal_scikit_learn() -> None:
    points = np.random.default_rng(3).uniform(0.9999, 1, (500, 1))
    points[0] = 0
    labels = (points[:, 0] > 0.99995).astype(int)
    labels[0] = 2
    everybody, _ = estimated_silhouettes(points, [labels], len(points), 1)
    assert silhouette_scores(points, [labels]) == pytest.approx([silhouette_score(points, labels)], abs=1e-4)
    assert everybody[0][0] == pytest.approx(silhouette_score(points, labels), abs=1e-4)


def skewed(n: int) -> np.ndarray:
    """Points of which a few far out make most of the inertia, as amounts of buyers are."""
    return np.random.default_rng(2).lognormal(0, 1.5, (n, 5))


@pytest.mark.slow
def test_an_estimated_silhouette_is_as_near_as_its_error_says() -> None:
    points = skewed(3_000)
    labelings = [KMeans(k, n_init=1, random_state=1).fit(points).labels_ for k in (2, 3, 6)]
    exact = np.array(silhouette_scores(points, labelings))
    samples = [estimated_silhouettes(points, labelings, 600, seed) for seed in range(40)]
    assert all(600 <= size < 900 for _, size in samples)
    estimates, errors = np.moveaxis(np.array([scores for scores, _ in samples]), 2, 0)
    deviations = (estimates - exact) / errors
    assert np.abs(deviations.mean(axis=0)).max() < 0.5
    assert 0.7 < np.sqrt(np.square(deviations).mean()) < 1.3
    everybody, size = estimated_silhouettes(points, labelings, len(points), 1)
    assert size == len(points)
    assert everybody == [(pytest.approx(score, abs=1e-5), 0) for score in exact]


@pytest.mark.slow
def test_above_the_setting_silhouettes_are_estimates_and_the_other_scores_stay_exact() -> None:
    data = pd.DataFrame(skewed(2_000)[:, :2], columns=["f", "m"])
    exact, estimated = (
        fit_report(data, replace(SETTINGS, exact_rows=rows)).set_index(["kind", "scaling", "n_clusters"])["value"]
        for rows in (len(data), len(data) - 1)
    )
    assert not exact.index.get_level_values("kind").str.startswith("silhouette_").any()
    assert set(estimated["silhouette_sample_size"]) <= set(range(300, 500))
    assert (estimated["silhouette_standard_error"] > 0).all()
    assert not estimated["silhouette"].equals(exact["silhouette"])
    for kind in ("inertia", "davies_bouldin", "calinski_harabasz"):
        assert estimated[kind].to_dict() == pytest.approx(exact[kind].to_dict(), rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("spread", ["skewed", "blobs"])
@pytest.mark.parametrize("k", [2, 6])
def test_starts_on_a_sample_find_what_ten_on_all_points_find(spread: str, k: int) -> None:
    rng = np.random.default_rng(5)
    blobs = rng.normal(0, 6, (6, 5))[rng.integers(0, 6, 20_000)] + rng.normal(size=(20_000, 5))
    points = skewed(20_000) if spread == "skewed" else blobs
    usual = KMeans(k, n_init=10, random_state=7).fit(points)
    fit = fit_k_means(points, k, replace(SETTINGS, exact_rows=5_000))
    assert fit.inertia_ <= usual.inertia_ * 1.001
    assert len(fit.labels_) == len(points)


def test_few_different_rows_among_many_are_no_more_clusters_than_rows() -> None:
    data = pd.DataFrame({"f": np.tile([1.0, 5.0, 9.0], 500), "m": 1.0})
    assert set(fit_report(data, SETTINGS)["n_clusters"].dropna()) == {1, 2}
    assert fit_report(data.assign(f=2.0), SETTINGS)["n_clusters"].isna().all()


def test_parameters_place_every_row_as_scikit_learn_does() -> None:
    data = planted()
    report = fit_report(data, SETTINGS)
    fit = KMeans(3, n_init=10, random_state=7).fit(StandardScaler().fit_transform(data))
    assert (place(data, report, "standard", 3) == fit.labels_).all()


@pytest.mark.slow
def test_processes_fit_the_same_as_one_alone() -> None:
    with workers(FEW_ROWS + 1) as run:
        assert run is not map
        pd.testing.assert_frame_equal(fit_report(planted(), SETTINGS, run), fit_report(planted(), SETTINGS))


def test_too_few_different_rows_leave_the_cluster_number_out() -> None:
    data = pd.DataFrame({"f": [1.0, 1.0, 5.0, 9.0], "m": [1.0, 1.0, 2.0, 3.0]})
    assert set(fit_report(data, SETTINGS)["n_clusters"].dropna()) == {1, 2}
    same = pd.DataFrame({"f": [1.0, 1.0], "m": [2.0, 2.0]})
    assert fit_report(same, SETTINGS)["n_clusters"].isna().all()
    assert fit_report(same.head(0), SETTINGS).empty


def test_a_feature_without_values_leaves_the_fit() -> None:
    report = fit_report(planted().assign(m=np.nan), SETTINGS)
    assert set(report["feature"].dropna()) == {"f"}


def test_planted_groups_are_found_again_by_refits_and_chance_groups_are_not() -> None:
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 3, 600)
    groups = np.eye(3)[kind] * 10 + rng.normal(size=(600, 3))
    adjusted_rand, jaccards = refit_agreement(groups, kind, 3, n_refits=5, n_init=3, seed=1)
    assert adjusted_rand > 0.95
    assert jaccards.min() > 0.95
    one_cloud = np.exp(rng.normal(size=(600, 5)) * 1.5)
    labels = KMeans(3, n_init=10, random_state=1).fit(one_cloud).labels_
    assert refit_agreement(one_cloud, labels, 3, n_refits=10, n_init=3, seed=1)[1].min() < 0.75


def test_refits_with_few_starts_find_other_groups_where_the_optimum_is_hard_to_find() -> None:
    cloud = np.exp(np.random.default_rng(1).normal(size=(200, 5)))
    labels = KMeans(2, n_init=20, random_state=1).fit(cloud).labels_
    few, many = (refit_agreement(cloud, labels, 2, n_refits=10, n_init=starts, seed=1)[0] for starts in (1, 10))
    assert many > few + 0.2


@pytest.mark.slow
def test_the_gap_statistic_sees_groups_and_sees_none_in_one_cloud() -> None:
    rng = np.random.default_rng(3)
    groups = np.eye(3)[rng.integers(0, 3, 600)] * 10 + rng.normal(size=(600, 3))

    def labeled(points: Matrix) -> dict[int, Labels]:
        return {k: KMeans(k, n_init=10, random_state=1).fit(points).labels_ for k in (1, 2, 3, 4)}

    gaps = {k: gap for k, gap, _ in gap_statistics(groups, labeled(groups), n_references=5, seed=1)}
    assert max(gaps, key=gaps.__getitem__) == 3
    cloud = rng.normal(size=(600, 3))
    of_cloud = {k: gap for k, gap, _ in gap_statistics(cloud, labeled(cloud), n_references=5, seed=1)}
    assert of_cloud[1] > of_cloud[2]


def test_the_gap_is_that_of_the_labels_not_of_another_fit() -> None:
    points = np.random.default_rng(3).normal(size=(200, 2))
    good = KMeans(2, n_init=10, random_state=1).fit(points)
    bad = np.arange(200) % 2
    [(_, of_good, _)], [(_, of_bad, _)] = (
        gap_statistics(points, {2: labels}, n_references=3, seed=1) for labels in (good.labels_, bad)
    )
    inertia = sum(np.square(points[bad == cluster] - points[bad == cluster].mean(axis=0)).sum() for cluster in (0, 1))
    assert of_good - of_bad == pytest.approx(np.log(inertia / good.inertia_))


def test_other_seeds_and_shuffled_rows_give_the_same_groups() -> None:
    data = planted()
    order = np.random.default_rng(9).permutation(len(data))
    first = place(data, fit_report(data, SETTINGS), "standard", 3)
    second = place(data, fit_report(data.iloc[order], replace(SETTINGS, seed=99)), "standard", 3)
    assert adjusted_rand_score(first, second) > 0.99


def numbered(report: pd.DataFrame, shift: int = 0) -> pd.DataFrame:
    """The report with segment numbers, as the mart cluster_model has them."""
    segments = report[report["kind"] == "size"].assign(kind="segment")
    segments["value"] = ((segments["cluster"] + shift) % segments["n_clusters"] + 1).astype(float)
    return pd.concat([report, segments])


@pytest.mark.slow
def test_a_refit_keeps_the_numbers_of_groups_that_it_finds_again() -> None:
    data = planted()
    old = numbered(fit_report(data, SETTINGS), shift=1)
    refit = fit_report(data.sample(frac=0.9, random_state=2), replace(SETTINGS, seed=11))
    matched = matched_segments(refit, old)
    of_three = matched[(matched["scaling"] == "standard") & (matched["n_clusters"] == 3)]
    numbers = of_three.set_index("cluster")["previous_segment"]
    old_numbers = old[(old["kind"] == "segment") & (old["scaling"] == "standard") & (old["n_clusters"] == 3)]
    old_numbers = old_numbers.set_index("cluster")["value"]
    before, after = place(data, old, "standard", 3), place(data, refit, "standard", 3)
    assert (old_numbers.loc[before].to_numpy() == numbers.loc[after].to_numpy()).mean() > 0.99


def test_other_groups_than_before_are_not_matched() -> None:
    data = planted()
    elsewhere = data.assign(f=data["f"] * -1000, m=1 / data["m"])
    assert matched_segments(fit_report(data, SETTINGS), numbered(fit_report(elsewhere, SETTINGS))).empty


def test_a_stored_model_is_reused_only_with_its_features() -> None:
    stored = numbered(fit_report(planted(), SETTINGS)).assign(trained_as_of=pd.Timestamp("2018-01-03"), settings="{}")
    reused = reused_model(stored, ["f", "m", "p"])
    assert set(reused["kind"]) == set(stored["kind"]) - {"segment"}
    with pytest.raises(InputError, match="refit"):
        reused_model(stored, ["f"])
