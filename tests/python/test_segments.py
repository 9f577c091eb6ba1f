import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import QUICK_FIT, Job
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.cluster_fits import scale_features

pytestmark = pytest.mark.slow

FEATURES = ["l", "r", "f", "m", "p"]
MARTS = ["lrfmpsx", "consumers_profile", "member_segments", "member_rfm", "member_history"]


def build(job: Job, settings: dict[str, object], *selection: str) -> duckdb.DuckDBPyConnection:
    """Build the selected marts, unpublished, and open the files that dbt worked in."""
    settings = {"cluster_refits": 8, "cluster_gap_references": 4} | settings
    done = job.dbt(
        "build",
        "--vars",
        json.dumps(settings),
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
        "--select",
        *selection,
    )
    assert done.returncode == 0, done.stdout
    return job.working_files()


def write_files(folder: Path, buyers: pd.DataFrame, seed: int) -> None:
    """Write raw files whose buyers have the given registered_at, last_purchase (days ago), f and m."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    end = pd.Timestamp("2018-01-02 12:00")
    lines = []
    for card, buyer in buyers.iterrows():
        days = buyer["r"] + np.r_[0.0, rng.uniform(0, 200, int(buyer["f"]) - 1)]
        amounts = np.full(int(buyer["f"]), max(buyer["m"] / buyer["f"], 0.01)).round(2)
        lines += [
            (card, end - pd.Timedelta(days=day), amount) for day, amount in zip(days.round(4), amounts, strict=True)
        ]
    sales = pd.DataFrame(lines, columns=["kh", "dtime", "je"])
    sales["dtime"] = sales["dtime"].dt.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3]
    sales = sales.assign(
        spbm="p", sl=1, sj=sales["je"], spmc="goods", jf=sales["je"], syjh=1, djh="r", gzbm="c", gzmc="c"
    )
    sales.sample(frac=1, random_state=seed).to_csv(folder / "cumcm2018c2.csv", index=False)
    members = pd.DataFrame(
        {"kh": buyers.index, "csrq": None, "xb": "0", "djsj": (end - pd.to_timedelta(buyers["l"], "D")).dt.round("s")}
    )
    members.to_excel(folder / "cumcm2018c1.xlsx", index=False, engine="xlsxwriter")


def test_the_assignment_in_sql_is_that_of_scikit_learn_for_every_treatment_and_number(demo: Job) -> None:
    with demo.working_files() as connection:
        features = connection.execute("from marts.lrfmpsx order by card_id").df()
        placed = connection.execute("from work.intermediate.int_cluster_assignments").df()
    values = features[FEATURES].to_numpy(dtype=float)
    for (scaling, k), rows in placed.groupby(["scaling", "n_clusters"]):
        is_log = np.array([scaling == "log_standard" and name in "fmp" for name in FEATURES])
        points = scale_features(values, scaling, is_log)[2]
        fit = KMeans(int(k), n_init=10, random_state=20).fit(points)
        expected = dict(zip(features["card_id"], fit.predict(points), strict=True))
        assert expected == dict(zip(rows["card_id"], rows["cluster"], strict=True))
    assert placed.groupby(["scaling", "n_clusters"]).ngroups == 15


def test_planted_groups_become_stable_segments(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    kind = rng.integers(0, 3, 400)
    planted = pd.DataFrame(
        {
            "kind": kind,
            "l": np.array([900, 600, 300])[kind] + rng.normal(0, 20, 400),
            "r": np.array([5, 60, 250])[kind] + rng.uniform(0, 10, 400),
            "f": np.array([30, 12, 2])[kind] + rng.integers(0, 3, 400),
            "m": np.array([60_000, 20_000, 500])[kind] * rng.uniform(0.9, 1.1, 400),
        },
        index=[f"{number:08x}" for number in range(400)],
    )
    write_files(tmp_path / "raw", planted, seed=1)
    settings = {"cluster_selection_rule": "stable", "cluster_scalings": ["standard"]}
    with build(Job(tmp_path / "raw", tmp_path / "out"), settings, "+segment_summary", "+member_segments") as connection:
        found = connection.execute("select segment, segment_code from marts.member_segments order by card_id").df()
        stable = connection.execute("select bool_and(is_stable) from marts.segment_summary").fetchall()
    assert stable == [(True,)]
    kinds = found.groupby(planted["kind"].to_numpy())
    assert [codes.mode()[0] for _, codes in kinds["segment_code"]] == ["top_value", "base_value", "lapsed"]
    assert adjusted_rand_score(planted["kind"], found["segment"]) > 0.9
    assert set(kinds.get_group(0)["segment"]) == {1}


def test_an_earlier_as_of_date_knows_nothing_that_came_later(demo: Job, tmp_path: Path) -> None:
    early = Job(demo.raw_dir, tmp_path / "early")
    cut = tmp_path / "raw"
    cut.mkdir()
    (cut / "cumcm2018c1.xlsx").write_bytes((demo.raw_dir / "cumcm2018c1.xlsx").read_bytes())
    lines = (demo.raw_dir / "cumcm2018c2.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines[1:] if not any(f",2017-{month:02d}-" in line for month in range(7, 13))]
    kept = [line for line in kept if ",2018-" not in line]
    (cut / "cumcm2018c2.csv").write_text(lines[0] + "".join(kept), encoding="utf-8")
    contents = []
    for job in (early, Job(cut, tmp_path / "cut")):
        with build(job, QUICK_FIT | {"as_of": "2017-07-01"}, *(f"+{mart}" for mart in MARTS)) as connection:
            contents.append({mart: connection.execute(f"from marts.{mart} order by all").fetchall() for mart in MARTS})
    assert contents[0]["lrfmpsx"]
    assert contents[0] == contents[1]


def test_equal_frequencies_have_equal_scores(demo: Job) -> None:
    unequal = demo.query(
        """select f from marts.lrfmpsx join marts.member_rfm using (card_id)
        group by f having count(distinct f_score) > 1"""
    )
    assert unequal == []
    assert len(demo.query("select distinct f_score from marts.member_rfm where f_score is not null")) >= 3
