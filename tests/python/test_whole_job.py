import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT, Classifier, Job
from PIL import Image
from python_calamine import CalamineWorkbook

from segmentation.landing.workbook import cell_text

pytestmark = pytest.mark.slow

PINYIN = {
    "cumcm2018c1.xlsx": ["kh", "csrq", "xb", "djsj"],
    "cumcm2018c2.csv": ["kh", "dtime", "spbm", "sl", "sj", "je", "spmc", "jf", "syjh", "djh", "gzbm", "gzmc"],
}
# What else differs when the same rows come in other files: the files, and the place of a row in its file.
PLACE = [
    "source_file", "row_no", "line_no", "kept_source_file", "kept_row_no", "rejected_source_file", "rejected_row_no",
]  # fmt: skip
REST = 400


def contents(job: Job) -> dict[str, list[tuple]]:
    """The rows of every mart, but for where they came from."""
    tables = job.query("select table_name from duckdb_tables() where schema_name = 'marts' order by 1")
    return {
        table: job.query(f"select columns(lambda name: name not in {PLACE}) from marts.{table} order by all")
        for (table,) in tables
    }


def write_parts(raw: Path, contest: Path) -> str:
    """Split the contest's files into Parquet, a folder per month, with real types where the csv file has them."""
    header, *rows = CalamineWorkbook.from_path(str(contest / "cumcm2018c1.xlsx")).get_sheet_by_index(0).to_python()
    members = pd.DataFrame([[cell_text(cell) for cell in row] for row in rows], columns=header)
    members["性别"] = members["性别"].astype(float)
    (raw / "members").mkdir(parents=True)
    members[:900].to_parquet(raw / "members" / "part0.parquet")
    members[900:].to_parquet(raw / "members" / "part1.parquet")

    lines = (contest / "cumcm2018c2.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    sales = pd.read_csv(io.StringIO("".join(lines[:-REST])), dtype=str, keep_default_na=False).replace("", None)
    moments = pd.to_datetime(sales["消费产生的时间"], format="%Y-%m-%d %H:%M:%S.%f", errors="coerce")
    months = moments.ffill().dt.strftime("%Y-%m")
    sales = sales.astype({"销售数量": "int32"})
    for month, part in sales.groupby(months):
        folder = raw / "sales" / f"month={month}"
        folder.mkdir(parents=True)
        part.to_parquet(folder / "part.parquet", index=False)
    # Lines that are no records cannot be in a Parquet file; they come last.
    (raw / "sales" / "the_rest.csv").write_text("".join([lines[0], *lines[-REST:]]), encoding="utf-8")
    content = yaml.safe_load((ROOT / "retailers" / "cumcm2018.yml").read_text(encoding="utf-8"))
    content["members"]["files"] = "members"
    content["sales_lines"]["files"] = "sales"
    return yaml.safe_dump(content, allow_unicode=True)


def test_every_number_of_the_features_follows_from_the_lines(demo: Job) -> None:
    wrong = demo.query(
        """with lines as (
            select card_id, count(distinct purchased_at) as f, sum(amount) as m, sum(points) as p,
                date_diff('day', cast(max(purchased_at) + interval 1 day as date), date '2018-01-03') / 30 as r
            from marts.vip_info where purchased_at < '2018-01-03' and registered_at < '2018-01-03' group by card_id)
        select * from marts.lrfmpsx as a full join lines as b using (card_id)
        where a.f is distinct from b.f or a.m is distinct from b.m or a.p is distinct from b.p
            or abs(a.r - b.r) > 1e-9"""
    )
    assert wrong == []
    assert demo.query("select count(*) > 100 from marts.lrfmpsx") == [(True,)]


def test_the_job_leaves_the_warehouse_and_the_files_that_dbt_works_in(demo: Job) -> None:
    assert {path.name for path in demo.out.glob("warehouse*")} == {
        "warehouse.duckdb", "warehouse.duckdb.lock", "warehouse.duckdb.next", "warehouse.duckdb.work",
    }  # fmt: skip


def pairwise(step: dict[str, Any]) -> list[int]:
    """Of each join of a plan that compares all rows of one side with all of the other, the rows of its smaller side."""
    found = [rows for below in step["children"] for rows in pairwise(below)]
    if step.get("operator_type") in {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "CROSS_PRODUCT"}:
        found.append(min(side["operator_cardinality"] for side in step["children"]))
    return found


def test_no_model_compares_many_rows_with_many(demo: Job) -> None:
    # Ten times the members would take a hundred times as long. Few are months, segments or items of a list.
    compiled = demo.out / "target" / "compiled" / "customer_segmentation" / "models"
    models = [path for path in compiled.rglob("*.sql") if path.parent.suffix != ".yml"]
    assert len(models) > 100
    with demo.working_files() as connection:
        for path in models:
            query = f"explain (analyze, format json) {path.read_text(encoding='utf-8')}"
            [(_, plan)] = connection.execute(query).fetchall()
            assert max(pairwise(json.loads(plan)), default=0) < 100, path.stem


def test_what_the_job_writes_is_for_its_owner_only(demo: Job) -> None:
    # What dbt and other tests write beside them knows no card.
    others = {demo.said, demo.out / "target", demo.out / "logs"}
    written = {path for path in demo.out.rglob("*") if others.isdisjoint((path, *path.parents))}
    assert len(written) > 50
    assert {path.name for path in written if path.stat().st_mode & 0o077} == set()
    assert demo.warehouse.stat().st_mode & 0o777 == 0o400


def test_the_gaps_are_found_and_the_fourth_quarter_leads(demo: Job) -> None:
    missing = demo.query("select strftime(month_start, '%Y-%m') from marts.eda_coverage where status = 'missing'")
    assert {month for (month,) in missing} >= {"2015-09", "2015-10", "2015-11", "2016-02"}
    best = demo.query("select quarter from marts.eda_orders_by_quarter order by orders_per_trading_day desc limit 1")
    assert best == [(4,)]


def test_faults_are_rejected_with_a_reason_and_repairs_are_kept(demo: Job) -> None:
    reasons = dict(demo.query("select reason, count(*) from marts.rejected_sales_lines group by reason"))
    assert reasons["unreadable"] == 2
    assert reasons["bad_moment"] == 2
    assert reasons["bad_number"] == 2
    assert dict(demo.query("select reason, count(*) from marts.rejected_members group by reason"))[
        "conflicting_duplicate"
    ]


def test_charts_and_exports_are_there_in_both_languages(demo: Job) -> None:
    charts = demo.out / "reports" / "charts"
    assert len(list((charts / "zh").glob("*.png"))) == len(list((charts / "en").glob("*.png"))) >= 13
    for path in charts.glob("*/*.png"):
        picture = np.asarray(Image.open(path))
        edges = [picture[:2], picture[-2:], picture[:, :2], picture[:, -2:]]
        assert all((edge == 255).all() for edge in edges), f"{path.name} is cut"
    exports = demo.out / "reports" / "exports"
    with (exports / "LRFMPSX.csv").open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "L", "R", "F", "M", "P", "S", "X"]
    assert [row["id"] for row in rows] == [
        card for (card,) in demo.query("select card_id from marts.lrfmpsx order by 1")
    ]
    with (exports / "vip_info.csv").open(encoding="gb18030", newline="") as file:
        names = {row["商品名称"] for row in csv.DictReader(file)}
    assert not any(name.startswith("=") for name in names)


def test_the_pinyin_gb18030_variant_gives_the_same_rows(classifier: Classifier, demo: Job, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(demo.raw_dir, raw)
    rows = CalamineWorkbook.from_path(str(raw / "cumcm2018c1.xlsx")).get_sheet_by_index(0).to_python()[1:]
    pd.DataFrame(rows, columns=PINYIN["cumcm2018c1.xlsx"]).to_excel(
        raw / "cumcm2018c1.xlsx", index=False, engine="xlsxwriter"
    )
    text = (raw / "cumcm2018c2.csv").read_text(encoding="utf-8")
    header, rest = text.split("\n", 1)
    assert header.count(",") == 11
    (raw / "cumcm2018c2.csv").write_text(",".join(PINYIN["cumcm2018c2.csv"]) + "\n" + rest, encoding="gb18030")
    classifier.classify(raw)
    for table in ("member_rows", "sales_lines", "repaired_values"):
        columns = ", ".join(name for (name,) in demo.query(f"select column_name from (describe marts.{table})"))
        query = f"select {columns} from marts.{table} order by all"
        assert classifier.query(query) == demo.query(query)


def test_monthly_parts_give_the_same_marts_beside_a_reader_and_a_bad_file_leaves_them(
    demo: Job, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(demo.raw_dir, raw)
    (tmp_path / "cumcm2018.yml").write_text(write_parts(raw, demo.raw_dir), encoding="utf-8")
    job = Job(raw, tmp_path / "out")
    job.out.mkdir()
    shutil.copy(demo.warehouse, job.warehouse)
    with duckdb.connect(f"{job.warehouse}.next") as connection:
        connection.execute("create schema marts; create table marts.of_an_earlier_version as select 1 as a")
    with duckdb.connect(str(job.warehouse), read_only=True) as reader:
        assert job.dbt_anew("build", "--vars", f"retailer: {tmp_path / 'cumcm2018.yml'}").returncode == 0
        assert reader.execute("select count(*) > 0 from marts.lrfmpsx").fetchall() == [(True,)]
    before, theirs = contents(job), contents(demo)
    assert before.keys() == theirs.keys()
    assert {mart for mart, rows in theirs.items() if before[mart] != rows} == {"input_files", "settings_used"}
    assert job.query("select comment from duckdb_tables() where table_name = 'lrfmpsx'") != [(None,)]
    (raw / "cumcm2018c2.csv").write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    for done in (job.run("-m", "segmentation", "build"), job.dbt("build")):
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert "cumcm2018c2.csv" in said
        assert "Traceback" not in said
    assert contents(job) == before


@pytest.mark.skipif("REPLICA_DIR" not in os.environ, reason="REPLICA_DIR names no folder with the real files")
def test_the_real_files_give_the_published_results(tmp_path: Path) -> None:
    job = Job(Path(os.environ["REPLICA_DIR"]), tmp_path)
    done = job.dbt_anew("build")
    assert done.returncode == 0, done.stdout
    steps = job.query("select rows_out from marts.cleaning_funnel where table_name = 'sales_lines' order by step_no")
    assert [rows for (rows,) in steps][-4:] == [876_046, 738_462, 393_482, 393_006]
    assert job.query("select members from marts.segment_summary order by segment") == [(978,), (41_570,)]
    silhouettes = job.query(
        "select silhouette from marts.cluster_scores where scaling = 'standard' order by n_clusters"
    )
    published = [0.757178, 0.383953, 0.406666, 0.453200, 0.458957]
    assert [value for (value,) in silhouettes] == pytest.approx(published, abs=1e-6)
