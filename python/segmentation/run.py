"""The whole job: demo data where there are no raw files, dbt build, charts, exports, and a summary."""

import csv
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from segmentation.app import MEMBERS_PAGE
from segmentation.charts import draw_charts
from segmentation.digests import mart_digests
from segmentation.disk import check_space, writing
from segmentation.errors import InputError, sentence, what_ran_out
from segmentation.exports import write_exports
from segmentation.landing.files import DEMO_NOTE, has_raw_files
from segmentation.leaving import leave
from segmentation.machine import check_memory, processes
from segmentation.months import MONTHS
from segmentation.publication import begin, check_writers, clear
from segmentation.report import start_report
from segmentation.settings import project_settings, settings_problem
from segmentation.speed import landing_process, leave_where_it_fails, load_ahead, without_collector, worker_processes
from segmentation.yaml_text import write_yaml

Result = TypeVar("Result")

# Of many files, or rows of a seed, the same may hold.
FINDINGS_ALIKE = 3
# Seconds for somebody who writes the reports.
PATIENCE = 600
# The table by which a build knows that the file of the marts is as the last one left it (macros/kept_tables.sql).
MARK = ("main", "kept_mark")
# Values of a seed that are no texts.
WRITTEN = {
    "integer": r" *[+-]?\d+(\.0*)? *",
    "double": r" *[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)? *",
    "boolean": "true|false|[01tf]",
}
UNTOUCHED = "Whatever was built before is untouched."


def whole_job(settings: dict[str, Any], raw_dir: Path, warehouse: Path, report_dir: Path, *, benchmark: bool) -> None:
    """Do the whole job; exit with 1 and a sentence where it cannot be done."""
    start = time.monotonic()
    # dbt takes both from there.
    os.environ.update(RAW_DATA_DIR=str(raw_dir), WAREHOUSE_PATH=str(warehouse))
    begin(warehouse)
    is_without_files = not has_raw_files(raw_dir)
    if is_without_files and warehouse.exists():
        raise InputError(
            f"{raw_dir} holds no files, and {warehouse} was built of some: bring them back, or let RAW_DATA_DIR name "
            f"their folder. For demo data, `segmentation demo {raw_dir}` writes them. {UNTOUCHED}"
        )
    for folder in (raw_dir, report_dir):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(report_dir, os.W_OK):
        raise InputError(
            f"Nothing can be written into {report_dir}: change its rights, or let REPORT_DIR name another."
        )
    if is_without_files:
        # Only here is pandas needed, which takes a third of a second to load.
        from segmentation.demo import write_demo

        write_demo(raw_dir)
    if (raw_dir / DEMO_NOTE).exists():
        print(
            f"DEMO DATA: the files in {raw_dir} are invented. Put your own files there (and remove these).", flush=True
        )
    timed("Warehouse", lambda: build(settings, raw_dir, warehouse))
    try:
        drawn, exported, page = write_reports(warehouse, report_dir)
    except Exception as error:
        summarise(warehouse)
        if said := sentence(error):
            raise InputError(
                f"{said} {warehouse} is that of this build, not all reports in {report_dir} are: `segmentation "
                "charts`, `segmentation report` and `segmentation export` write them."
            ) from error
        raise
    summarise(warehouse)
    if benchmark:
        users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        peak = max(resource.getrusage(user).ru_maxrss for user in users) / 1024
        print(f"Peak memory of the largest process: {peak:,.0f} MiB; whole job: {time.monotonic() - start:.1f} s")
    print(f"Warehouse  {warehouse}\nCharts     {report_dir / 'charts'} ({len(drawn)} pictures)")
    print(f"Exports    {', '.join(str(path) for path in exported)}")
    print(f"Report     {page}: open it in a browser")
    # They are written on request only.
    asked_for = {MEMBERS_PAGE: "segmentation members", "exports/parquet": "segmentation export --parquet"}
    for name, command in asked_for.items():
        if (report_dir / name).exists():
            print(f"{report_dir / name} is of an earlier build: `{command}` writes it again.")


def write_reports(warehouse: Path, report_dir: Path) -> tuple[list[Path], list[Path], Path]:
    """Write the charts, the exports and the report of a warehouse that the build has just published, beside each other.

    Where somebody else is writing there, that is waited for: else they would be of another build than the warehouse.
    """
    with writing(report_dir, PATIENCE), worker_processes() as processes:
        charts = draw_charts(processes, warehouse, report_dir, digests=mart_digests(warehouse))
        report = start_report(processes, warehouse, report_dir)
        exported = timed("Exports", lambda: write_exports(warehouse, report_dir))
        drawn, page = timed("Charts and report", lambda: (list(charts), report.result()))
        return drawn, exported, page


def check_settings_and_seeds(settings: dict[str, Any]) -> None:
    """Refuse settings, seeds and limits of the machine that cannot work."""
    if problem := settings_problem(settings):
        raise InputError(problem)
    for seed in sorted(Path("seeds").glob("*.csv")):
        try:
            seed.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{seed} is not in UTF-8: save it as CSV UTF-8.") from error
    processes()


def seed_problem(seed: Path, types: Mapping[str, str]) -> str | None:
    """Say in one sentence why dbt cannot load a seed; None where it can. What must hold of its rows, its tests say."""
    reader = csv.reader(seed.read_text(encoding="utf-8-sig").splitlines(keepends=True))
    names = next(reader, [])
    if missing := [name for name in types if name not in names]:
        return f"{seed} has no column {missing[0]}: its first line must be {','.join(types)}."
    for row in reader:
        if row and len(row) != len(names):
            return (
                f"{seed} has {len(row)} values for {len(names)} columns in line {reader.line_num}: one with a comma or "
                'a quote in it must stand in "double quotes".'
            )
        for name, value in zip(names, row, strict=False):
            written = WRITTEN.get(types.get(name, ""))
            if value and written and not re.fullmatch(written, value, re.IGNORECASE):
                kind = types[name]
                return f"{seed} has {value!r} as {name} in line {reader.line_num}, but it must be of the type {kind}."
    return None


def build(settings: dict[str, Any], raw_dir: Path, warehouse: Path) -> None:
    """Land the raw files and run `dbt build`, a line per model; exit with 1 and a sentence where it cannot be done."""
    in_force = project_settings() | settings
    try:
        check_settings_and_seeds(in_force)
    except InputError as error:
        raise InputError(f"{error} {UNTOUCHED}") from error
    check_writers(warehouse)
    check_space(warehouse, raw_dir)
    check_memory(raw_dir)
    # dbt would take it: queries of the metrics set it to the published file, which no build writes.
    os.environ.pop("DBT_TARGET", None)
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-write-json"]
    variables = ["--vars", write_yaml(settings)]
    with landing_process(warehouse, str(in_force["retailer"]), raw_dir) as landing:
        landed = leave_where_it_fails(landing, UNTOUCHED)
        load_ahead()
        with without_collector():
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager
            from dbt.artifacts.resources.types import NodeType
            from dbt.cli.main import dbtRunner
            from dbt.contracts.graph.manifest import Manifest

            parsed = dbtRunner(callbacks=[progress(0, set(), {})]).invoke([*quiet, "parse", *variables])
        landed.join()
    project = parsed.result
    if not isinstance(project, Manifest):
        stopped = parsed.exception
        # That something ran out has been said.
        why = sentence(stopped) if stopped and not what_ran_out(str(stopped)) else None
        sys.exit(f"{why} {UNTOUCHED}" if why else UNTOUCHED)
    # Models that do not read such a seed would be made first, for a minute. Of those of a package, dbt says it.
    for node in project.nodes.values():
        if (
            node.resource_type is NodeType.Seed
            and node.package_name == project.metadata.project_name
            and node.config.delimiter == ","
            and (problem := seed_problem(Path(node.original_file_path), node.config.column_types))
        ):
            sys.exit(f"{problem} {UNTOUCHED}")
    models = [node for node in project.nodes.values() if node.resource_type is NodeType.Model]
    clear(Path(f"{warehouse}.next"), [MARK, *((node.schema, node.alias) for node in models)])
    # Unit tests and those of the structure say something about the project, nothing about these files.
    options = [*variables, "--selector", "data"]
    made = sum(node.config.materialized != "ephemeral" for node in models)
    said: set[str] = set()
    tests = {test.name: test.description for test in project.nodes.values() if test.resource_type is NodeType.Test}

    def make(*more: str) -> Any:
        told = progress(made, said, tests)
        return dbtRunner(project, [told]).invoke([*quiet, "build", *options, *more])

    done = make()
    if not done.success and what_ran_out("MemoryError") in said:
        print("What was made is kept; the rest is tried once more, one model at a time.", flush=True)
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        done = make("--threads", "1")
    if not done.success:
        for test in [result.node for result in done.result or () if result.status == "fail"]:
            connection = DuckDBConnectionManager.env().handle().cursor()  # type: ignore[no-untyped-call]
            print(*problems(test, connection), sep="\n", flush=True)
        sys.exit(f"The build failed as said above. {UNTOUCHED}")
    # Its memory is wanted for the charts, the report and the exports.
    DuckDBConnectionManager.env().close()  # type: ignore[no-untyped-call]


def problems(test: Any, connection: Any) -> Iterator[str]:
    """Yield what a failed test found: where it reads seeds only, in which no person is, rows; else what it is about."""
    seeds = [f"seeds/{node.split('.')[-1]}.csv" for node in test.depends_on_nodes if node.startswith("seed.")]
    if len(seeds) < len(test.depends_on_nodes):
        yield f"What {test.name} tests: {test.description or f'see {test.original_file_path}.'}"
        return
    rows = connection.execute(f"from ({test.compiled_code}) limit {FINDINGS_ALIKE}").df()
    for row in rows.to_dict("records"):
        problem = row.pop("problem", test.description)
        yield f"{' and '.join(seeds)}: {problem} ({', '.join(map(str, row.values()))})"


def progress(models: int, said: set[str], tests: Mapping[str, str]) -> Callable[[Any], None]:
    """Return what prints a line for each of so many models, numbered as dbt finishes them, and what went wrong.

    That something ran out is printed where it has not been `said`, and added to that. `tests` says what each test is.
    """
    finished = count(1)
    failed: list[str] = []

    def print_error(name: str, text: str) -> None:
        # dbt tells of a failure as it happens, and at the end again: first which node it was, then why.
        if name == "RunResultFailure":
            failed.append(text)
        elif ran_out := what_ran_out(text):
            # It fails every node, whichever was being built.
            failed.clear()
            if ran_out not in said:
                print(ran_out, flush=True)
            said.add(ran_out)
        elif not re.fullmatch(r"Log\w+Result", name):
            # What a model refuses (macro fail_with) is a sentence, which needs no node around it.
            refused = re.search(r"Invalid Input Error: (.+)", text)
            print(*([refused[1]] if refused else [*failed, text]), sep="\n", flush=True)
            failed.clear()

    def print_event(event: Any) -> None:
        try:
            tell(event)
        except OSError as error:
            # Who reads it has gone, or its disk is full. dbt would wait for ever for the thread that finds it out.
            leave(f"What the build prints cannot be written: {error.strerror}. {UNTOUCHED}", 1)

    def tell(event: Any) -> None:
        data = event.data
        if event.info.level == "error":
            print_error(event.info.name, event.info.msg)
        elif event.info.name == "LogTestResult" and event.info.level == "warn":
            print(f"Warning of the test {data.name}: {tests[data.name]} Rows: {data.num_failures:,}.", flush=True)
        elif event.info.name == "JinjaLogWarning" and event.info.level == "warn":
            print(event.info.msg, flush=True)
        elif event.info.name == "LogModelResult":
            # With its end in one piece: dbt tells of several models at once, from a thread each.
            took = "kept" if data.status == "kept" else f"{data.execution_time:.1f} s"
            # dbt's words are "sql table model work.staging.stg_files".
            name = data.description.split()[-1].removeprefix("work.")
            line = f"{next(finished):4d}/{models} {name} {took}\n"
            print(line, end="", flush=True)

    return print_event


def timed(stage: str, work: Callable[[], Result]) -> Result:
    """Run one stage and print the seconds that it took."""
    start = time.monotonic()
    result = work()
    print(f"{stage}: {time.monotonic() - start:.1f} s", flush=True)
    return result


def summarise(warehouse: Path) -> None:
    """Print what stands out, what became of every raw row, the gaps in the data and the segments."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        print()
        findings = connection.execute(
            f"""select text_en, count(*) over (partition by finding_no) as alike,
                row_number() over (partition by finding_no order by found desc, subject) as place
            from marts.findings qualify place <= {FINDINGS_ALIKE} order by finding_no, place"""
        ).fetchall()
        if findings:
            print("What stands out (marts.findings), the weightiest first:")
        for text, alike, place in findings:
            is_cut = place == FINDINGS_ALIKE < alike
            print(f"- {text}" + (f" And {alike - place:,} more of this kind." if is_cut else ""))
        print("\nWhat became of the raw rows (rejected ones are in marts.rejected_*, with a reason):")
        for table, step, rows in connection.execute(
            "select table_name, step_name_en, rows_out from marts.cleaning_funnel order by table_name, step_no"
        ).fetchall():
            print(f"  {table:12} {step:65} {rows:>10,}")
        gaps = connection.execute(
            f"select strftime(month_start, '%Y-%m'), status from ({MONTHS}) where status <> 'complete'"
        ).fetchall()
        print("Months not complete: " + (", ".join(f"{month} {status}" for month, status in gaps) or "none"))
        segments = connection.execute(
            """select segment_name_en, members, member_share, amount_share, is_stable
            from marts.segment_summary order by segment"""
        ).fetchall()
        for name, members, share, amount, _ in segments:
            # Where all was for nothing, nobody has a share of it.
            of_amount = "" if amount is None else f", {amount:.1%} of the amount"
            noun = "member" if members == 1 else "members"
            print(f"  {name:32} {members:>8,} {noun} ({share:.1%}){of_amount}")
        if len(segments) > 1 and not all(is_stable for *_, is_stable in segments):
            [(are_cuts,)] = connection.execute(
                """select coalesce(bool_or(is_selected and smallest_jaccard >= cast(value as double)), false)
                from marts.cluster_scores join marts.settings_used on setting = 'cluster_valid_jaccard'"""
            ).fetchall()
            print(
                "  Refits on resampled buyers find these groups again, but nothing shows that they are natural groups."
                if are_cuts
                else "  These groups are not stable: refits on resampled buyers give others."
            )
            print("  See marts.cluster_scores, and the settings cluster_selection_rule and cluster_scaling.")
            stable = connection.execute(
                """select scaling, string_agg(n_clusters, ', ' order by n_clusters) from marts.cluster_scores
                where is_candidate group by scaling order by scaling"""
            ).fetchall()
            for scaling, numbers in stable:
                rule = f"{{cluster_scaling: {scaling}, cluster_selection_rule: stable}}"
                print(f'  Stable in {numbers} groups with --vars (VARS) "{rule}"')
