"""The whole job beside a pandas pipeline and hand-written SQL, in turn: seconds, processor seconds and memory.

python benchmarks/run.py [--sizes 1 10] [--runs 3] writes docs/benchmark.md and docs/images/benchmark.png. The data are
demo data of so many times the contest's lines, or the files of RAW_DATA_DIR. The pandas pipeline takes part at size 1
only: its exact silhouettes grow with the square of the buyers.
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from segmentation.demo import SALES_FILE, write_demo
from segmentation.machine import threads

HERE, WORK = Path(__file__).parent, Path("target") / "benchmark"
PAGE, PICTURE = Path("docs") / "benchmark.md", Path("docs") / "images" / "benchmark.png"
CONTEST_MEMBERS, CONTEST_LINES = 194_760, 1_893_532
# Rows that a sheet holds.
MOST_MEMBERS = 1_000_000
TICK = os.sysconf("SC_CLK_TCK")
OURS, DATA, PANDAS, SQL = "the whole job", "published results, by dbt", "pandas pipeline", "DuckDB by hand"
# What the published results are made of, and no more.
PUBLISHED = [
    "lrfmpsx", "consumers_profile", "cluster_scores", "member_segments", "segment_summary", "vip_info",
    "eda_members_by_birth_decade", "eda_members_by_age_band", "eda_customer_types", "eda_orders_by_quarter",
    "eda_orders_by_day_of_month", "eda_orders_by_hour", "eda_orders_by_month", "eda_orders_by_year_quarter",
    "eda_orders_by_year_day_of_month",
]  # fmt: skip

PAGE_TEXT = """# Benchmark

`make benchmark` writes this page. Runs in turn, from files that nothing has read before; rounds: {runs}.

- **{OURS}**: `segmentation build`, with every mart, every test on the data, the charts, the report and the exports;
- **{DATA}**: `dbt build`, without tests, of the models of the tables below and of what leads to them, with dbt's
  start, parsing and reading; K-means on the published scaling of the features only, with the stability of its groups;
- **{PANDAS}** (`benchmarks/pandas_pipeline.py`): the published results as a plain script makes them, with pandas,
  openpyxl and scikit-learn: tables by decade, period and type of customer, the seven features, the labels, and K-means
  for 2 to 6 groups with one `silhouette_score` each; no tests, charts or report, and nothing is kept of the rows that
  do not count;
- **{SQL}** (`benchmarks/tables.sql`): the same tables, without the groups, in SQL with nothing around it: the limit.

The features of all {buyers} buyers are the same in all of them, and so are the sizes of the groups: the benchmark
stops where they are not. Medians; the memory is that of all processes together. {threads} processors, {memory:.0f} GiB,
Python {python}, DuckDB {duckdb}. Where others use the machine too, seconds say little: compare processor seconds.

{table}

![Seconds, processor seconds and memory](images/benchmark.png)

Where no files are given, they are demo data: at size ×1 as many as the contest's, {CONTEST_MEMBERS:,} rows of members
and {CONTEST_LINES:,} sales lines; at larger sizes the lines multiply, the members up to {MOST_MEMBERS:,} (a sheet
holds no more), and the pandas pipeline does not take part: the time of exact silhouettes grows with the square of the
buyers.

    make benchmark SIZES="1 10" RUNS=3
    make benchmark RAW_DATA_DIR=data/raw
"""


@dataclass(frozen=True)
class Run:
    """One run: seconds by the clock, of the processors, the peak of the memory of all processes together, stages."""

    wall: float
    processor: float
    peak_mib: float
    stages: Mapping[str, float]


def measured(command: list[str], environment: Mapping[str, str]) -> Run:
    """Run a command in a session of its own and look at all processes of it five times a second."""
    start = time.monotonic()
    log = WORK / "log.txt"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        peak, seconds = 0.0, dict[int, float]()
        while process.poll() is None:
            memory = 0.0
            for number, used, own in _processes(process.pid):
                seconds[number] = used
                memory += own
            peak = max(peak, memory)
            time.sleep(0.2)
    said = log.read_text(encoding="utf-8")
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{said[-2000:]}")
    stages = {name: float(number) for name, number in re.findall(r"^([A-Z][\w ]+): ([\d.]+) s$", said, re.MULTILINE)}
    return Run(time.monotonic() - start, sum(seconds.values()), peak, stages)


def _processes(session: int) -> list[tuple[int, float, float]]:
    """The processes of a session: number, processor seconds, MiB (memory shared by several counted once)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[3]) != session:
                continue
            shares = re.findall(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
        except OSError:
            # It has ended meanwhile.
            continue
        used = (int(after_name[11]) + int(after_name[12])) / TICK
        found.append((int(folder.name), used, sum(map(int, shares)) / 1024))
    return found


def raw_files(size: int) -> Path:
    """The folder with the files of a size: those of RAW_DATA_DIR, or demo data."""
    if given := os.environ.get("RAW_DATA_DIR"):
        return Path(given)
    folder = WORK / f"raw_{size}"
    if not folder.exists():
        new = WORK / f"raw_{size}.new"
        shutil.rmtree(new, ignore_errors=True)
        write_demo(new, member_rows=min(CONTEST_MEMBERS * size, MOST_MEMBERS), sales_lines=CONTEST_LINES * size)
        # The last two lines are broken in a way at which the reader of pandas stops.
        path = new / SALES_FILE
        lines = path.read_bytes().split(b"\n")
        path.write_bytes(b"\n".join(lines[:-3]) + b"\n")
        new.rename(folder)
    return folder


def files_of(size: int) -> str:
    return "given files" if "RAW_DATA_DIR" in os.environ else f"×{size}"


def commands(raw: Path, size: int) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is measured, by name: commands and environments."""
    out = WORK / "out"
    places = {
        "RAW_DATA_DIR": str(raw), "WAREHOUSE_PATH": str(out / "warehouse.duckdb"), "REPORT_DIR": str(out / "reports"),
        "DBT_TARGET_PATH": str(out / "target"), "DBT_LOG_PATH": str(out / "logs"),
    }  # fmt: skip
    data = places | {"WAREHOUSE_PATH": str(out / "data.duckdb")}
    selected = [f"+{model}" for model in PUBLISHED]
    made = {
        OURS: ([sys.executable, "-m", "segmentation", "build"], places),
        DATA: (
            [
                sys.executable,
                "-m",
                "dbt.cli.main",
                "build",
                "--exclude-resource-type",
                "test",
                "--exclude-resource-type",
                "unit_test",
                "--vars",
                "cluster_scalings: [standard]",
                "--select",
                *selected,
            ],
            data,
        ),
        SQL: ([sys.executable, str(HERE / "duckdb_tables.py"), str(raw), str(out / "sql")], {}),
        PANDAS: ([sys.executable, str(HERE / "pandas_pipeline.py"), str(raw), str(out / "pandas")], {}),
    }
    return {name: made[name] for name in made if name != PANDAS or size == 1}


def compared(size: int) -> str:
    """Stop where the results differ; else say how many buyers are the same in all of them."""
    out = WORK / "out"
    with duckdb.connect(str(out / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{out / 'sql' / 'tables.duckdb'}' as sql (read_only)")
        others = {SQL: "sql.lrfmpsx"}
        if size == 1:
            others[PANDAS] = f"read_csv('{out / 'pandas' / 'lrfmpsx.csv'}', types = {{'card_id': 'varchar'}})"
        for name, relation in others.items():
            [(buyers, same)] = connection.execute(
                f"""select count(*), count(*) filter (
                    abs(ours.l - other.l) + abs(ours.r - other.r) < 1e-9 and ours.f = other.f
                    and abs(ours.m - other.m) + abs(ours.p - other.p) < 0.01 and ours.s = other.s and ours.x = other.x)
                from marts.lrfmpsx as ours full join {relation} as other on ours.card_id = other.card_id"""
            ).fetchall()
            if same != buyers:
                sys.exit(f"{buyers - same} of {buyers} buyers have other features in the {name}.")
        if size == 1:
            groups = "select segment, count(*) from {} group by segment order by segment"
            ours, other = (
                connection.execute(groups.format(of)).fetchall() for of in ("marts.member_segments", others[PANDAS])
            )
            if ours != other:
                sys.exit(f"The groups differ: {ours} and {other}.")
    return f"{buyers:,}"


def table(results: dict[int, dict[str, list[Run]]]) -> str:
    header = ["size", "what", "seconds", "processor seconds", "peak memory, MiB"]
    header += ["seconds, of the whole job's", "processor seconds, of the whole job's", "stages, seconds"]
    rows = [f"| {' | '.join(header)} |", "| --- " * len(header) + "|"]
    for size, runs in results.items():
        whole = statistics.median(run.wall for run in runs[OURS])
        whole_processor = statistics.median(run.processor for run in runs[OURS])
        for name, done in runs.items():
            wall, processor, peak = (
                statistics.median(getattr(run, figure) for run in done) for figure in ("wall", "processor", "peak_mib")
            )
            stages = ", ".join(
                f"{stage.lower()} {statistics.median(run.stages[stage] for run in done):.1f}"
                for stage in done[0].stages
            )
            rows.append(
                f"| {files_of(size)} | {name} | {wall:.1f} | {processor:.1f} | {peak:,.0f} | {wall / whole:.2f} "
                f"| {processor / whole_processor:.2f} | {stages} |"
            )
    return "\n".join(rows)


def draw(results: dict[int, dict[str, list[Run]]]) -> None:
    figure, panels = plt.subplots(1, 3, figsize=(13, 1.5 + 0.9 * len(results)), layout="constrained", sharey=True)
    bars = [(f"{name}, {files_of(size)}", done) for size, runs in results.items() for name, done in runs.items()][::-1]
    for axes, (figure_name, title) in zip(
        panels,
        {"wall": "seconds", "processor": "processor seconds", "peak_mib": "peak memory, MiB"}.items(),
        strict=True,
    ):
        values = [statistics.median(getattr(run, figure_name) for run in done) for _, done in bars]
        axes.bar_label(axes.barh([name for name, _ in bars], values, color="#2e86c1"), fmt="{:,.0f}", padding=3)
        axes.set_title(title)
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1])
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    results: dict[int, dict[str, list[Run]]] = {}
    buyers = ""
    for size in [1] if "RAW_DATA_DIR" in os.environ else asked.sizes:
        raw = raw_files(size)
        for number in range(asked.runs):
            for name, (command, environment) in commands(raw, size).items():
                # Each run reads the files again, and draws and exports all.
                for path in (WORK / "out").glob("*.duckdb*"):
                    if path.name.startswith({OURS: "warehouse", DATA: "data"}.get(name, "none")):
                        path.unlink()
                if name == OURS:
                    shutil.rmtree(WORK / "out" / "reports", ignore_errors=True)
                run = measured(command, environment)
                results.setdefault(size, {}).setdefault(name, []).append(run)
                print(
                    f"×{size} run {number + 1}/{asked.runs} {name}: {run.wall:.1f} s, "
                    f"{run.processor:.1f} processor seconds, {run.peak_mib:,.0f} MiB",
                    flush=True,
                )
        buyers = compared(size)
    draw(results)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    said = {
        "runs": asked.runs, "buyers": buyers, "threads": threads(), "memory": memory, "table": table(results),
        "python": platform.python_version(), "duckdb": duckdb.__version__,
    }  # fmt: skip
    PAGE.write_text(PAGE_TEXT.format_map(globals() | said), encoding="utf-8")
    print(f"{PAGE}, {PICTURE}")


if __name__ == "__main__":
    main()
