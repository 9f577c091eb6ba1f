import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import rmtree
from socket import AF_UNIX, socket
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import ClassVar

import duckdb
import pytest

from segmentation.demo import write_demo
from segmentation.errors import InputError
from segmentation.landing.land import land

ROOT = Path(__file__).parents[2]
PARSED_BEFORE = Path(__file__).with_name("parsed_before.py")
# `make` hands its variables to every command that it calls, to pytest too.
for name in [name for name in os.environ if name.startswith("SEGMENTATION_")]:
    del os.environ[name]

# Tests of the data alone, as `make` does them; test_whole_job.py does those of the structure, on the demo data.
BUILD = ("build", "--selector", "data")
# Settings with which little is fitted: a sixth of the work of a small build.
QUICK_FIT = {
    "cluster_scalings": ["standard"],
    "cluster_counts": [2, 3],
    "cluster_refits": 2,
    "cluster_gap_references": 1,
    "cluster_sample_size": 200,
}
QUERIES = sorted((ROOT / "analysis").glob("*.sql"))

# How much is tried, and in how many seconds a killed build has to end: a little, or much in `make torture`.
TORTURE = {"kills": 3, "builds": 0, "damaged": 2, "queries": 200, "rivals": 2, "disks": 2, "seconds": 60}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, default in TORTURE.items():
        parser.addoption(f"--{name}", type=int, default=default, help=f"number of {name} that are tried")
    parser.addoption("--first", type=int, default=0, help="seed of the first of the damaged whole builds")


# What dbt writes of a build, for those who read it: an eighth of the time goes to it.
WRITTEN = {"DBT_WRITE_JSON": "true", "DBT_LOG_LEVEL_FILE": "debug"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"demo", "classifier"} & set(item.fixturenames):
            item.add_marker("slow")
    # The longest file first: it needs nothing that others make, and they do not wait for it at the end.
    items.sort(key=lambda item: item.path.name != "test_daily.py")


@dataclass(frozen=True)
class Job:
    """A folder of raw files and the warehouse and reports built from it."""

    raw_dir: Path
    out: Path
    project: Path = ROOT
    odd: Mapping[str, str] = field(default_factory=dict)
    parsed: ClassVar[Callable[[], Path]]
    loaded: ClassVar[Callable[[], Path]]

    @property
    def warehouse(self) -> Path:
        return self.out / "warehouse.duckdb"

    @property
    def said(self) -> Path:
        """What the build printed."""
        return self.out / "said.txt"

    def environment(self) -> Mapping[str, str]:
        return os.environ | {
            "RAW_DATA_DIR": str(self.raw_dir),
            "WAREHOUSE_PATH": str(self.warehouse),
            "REPORT_DIR": str(self.out / "reports"),
            "DBT_TARGET_PATH": str(self.out / "target"),
            "DBT_LOG_PATH": str(self.out / "logs"),
            # They say nothing about the files of a job; `make test` runs them once.
            "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
            "DBT_WRITE_JSON": "false",
            "DBT_LOG_LEVEL_FILE": "none",
            **self.odd,
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of dbt, on the project as it was parsed once for all tests."""
        if "LC_ALL" in self.odd:
            return self.run(str(PARSED_BEFORE), str(Job.parsed()), *arguments)
        with NamedTemporaryFile() as out, NamedTemporaryFile() as errors, socket(AF_UNIX) as server:
            server.connect(str(Job.loaded()))
            question = [str(self.project), dict(self.environment()), [out.name, errors.name], arguments]
            server.sendall(json.dumps(question).encode() + b"\n")
            code = server.makefile().read()
            return subprocess.CompletedProcess(arguments, int(code or 1), out.read().decode(), errors.read().decode())

    def dbt_anew(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of dbt as users give it, which parses the project first."""
        return self.run("-m", "dbt.cli.main", *arguments)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def working_files(self) -> duckdb.DuckDBPyConnection:
        """The files that dbt worked in: the marts and seeds, and as `work` what leads to them."""
        connection = duckdb.connect(f"{self.warehouse}.next", read_only=True)
        return connection.execute(f"attach '{self.warehouse}.work' as work (read_only)")


def landed(raw_dir: Path, retailer: str = "cumcm2018") -> duckdb.DuckDBPyConnection:
    """A database in memory with the schema `raw` as `work`; raises InputError as the build would stop."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as work")
    land(connection, retailer, raw_dir, ROOT / "retailers")
    return connection


def example_query(path: Path) -> str:
    """A query of the folder analysis as it runs in the published file."""
    seeds = {seed.stem for seed in (ROOT / "seeds").glob("*.csv")}
    return re.sub(
        r"{{ ref\('(\w+)'\) }}",
        lambda ref: f"{'seeds' if ref[1] in seeds else 'marts'}.{ref[1]}",
        path.read_text(encoding="utf-8"),
    )


def check_made_file(name: str, made: str) -> None:
    """Assert that a file of the project which is made of others is what they make now, and say how to make it again."""
    written = ROOT / "target" / Path(name).name
    written.parent.mkdir(exist_ok=True)
    written.write_text(made, encoding="utf-8")
    assert made == (ROOT / name).read_text(encoding="utf-8"), (
        f"{name} is not what is made of the project now. Read the new one and: cp target/{written.name} {name}"
    )


def input_problem(retailer: str, raw_dir: Path) -> str | None:
    """The sentence with which the landing stops; None where it does not."""
    try:
        landed(raw_dir, retailer).close()
    except InputError as error:
        return str(error)
    return None


def marts_file(path: Path, version: int, rows: int = 1_000) -> Path:
    """A database with one mart, all of whose rows are of a version, and do not compress."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create schema marts; create table marts.t as select {version} as version, random() as noise"
            f" from range({rows})"
        )
    return path


def version(path: Path, rows: int = 1_000) -> int:
    """The one version of all rows of such a file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("select version, count(*) from marts.t group by version").fetchall()
    [(only, counted)] = found
    assert counted == rows
    return only


class Classifier:
    """The path of raw files up to the classified rows, in a database of its own: quick, and without dbt."""

    MODELS = (
        "stg_retailer",
        "stg_files",
        "stg_members",
        "stg_sales_lines",
        "stg_card_merges",
        "int_file_days",
        "int_lines_of_other_files",
        "int_far_days",
        "card_merges",
        "member_rows",
        "sales_lines",
        "input_files",
        "int_odd_line_values",
        "repaired_values",
    )
    SCHEMAS: ClassVar = {"stg": "work.staging", "int": "work.intermediate"}

    def __init__(self, compiled: Path) -> None:
        # Not in the folders that dbt names after the YAML files of unit tests.
        self.models = {
            path.stem: path.read_text(encoding="utf-8")
            for name in self.MODELS
            for path in compiled.rglob(f"{name}.sql")
            if ".yml" not in str(path)
        }
        [path] = compiled.rglob("assert_sales_lines_can_be_used.sql")
        self.use_test = path.read_text(encoding="utf-8")
        of_seeds = (
            "_seeds.yml/*.sql",
            "assert_rules_of_seeds_fit_together.sql",
            "assert_audience_columns_are_traits.sql",
        )
        self.seed_tests = [path.read_text(encoding="utf-8") for name in of_seeds for path in compiled.rglob(name)]

    def classify(self, raw_dir: Path, retailer: str = "cumcm2018") -> None:
        """Fill the tables from the files; raises InputError as the build would stop."""
        self.connection = landed(raw_dir, retailer)
        self.connection.execute(
            "attach ':memory:' as warehouse; create schema work.staging; create schema work.intermediate;"
            "create schema warehouse.marts; create schema warehouse.seeds;"
            f"create table warehouse.seeds.repairs as from '{ROOT}/seeds/repairs.csv';"
            f"create table warehouse.seeds.currency_signs as from '{ROOT}/seeds/currency_signs.csv';"
            f"create table warehouse.seeds.finding_texts as from '{ROOT}/seeds/finding_texts.csv';"
            f"create table warehouse.seeds.list_reasons as from '{ROOT}/seeds/list_reasons.csv'"
        )
        for name, sql in self.models.items():
            schema = self.SCHEMAS.get(name[:3], "warehouse.marts")
            self.connection.execute(f"create table {schema}.{name} as {sql}")
        self.connection.execute("use warehouse")

    def query(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()


@contextmanager
def made_once(name: str, factory: pytest.TempPathFactory, worker_id: str) -> Iterator[tuple[Path, bool]]:
    """A folder of all workers, and whether it has still to be filled: the first fills it while the others wait."""
    own = factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / name
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder, not done.exists()
        done.touch()


@pytest.fixture(scope="session", autouse=True)
def parsed_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """Have the first job that needs it parse the project, for all, and compile the models of the classifier.

    In a folder that stays: the next run of tests parses only what has changed.
    """

    def parsed() -> Path:
        job = Job(Path("data/raw"), ROOT / "target" / "tests")
        with made_once("parsed", tmp_path_factory, worker_id) as (_, is_new):
            if is_new:
                rmtree(job.out / "target" / "compiled", ignore_errors=True)
                done = job.dbt_anew("compile", "--select", *Classifier.MODELS, "resource_type:seed")
                assert done.returncode == 0, done.stdout
        return job.out / "target"

    with ExitStack() as servers:
        starting = Lock()

        @cache
        def started() -> Path:
            address = tmp_path_factory.getbasetemp() / "dbt"
            server = servers.enter_context(
                subprocess.Popen(
                    [sys.executable, PARSED_BEFORE, parsed(), "serve", address], cwd=ROOT, stdout=subprocess.PIPE
                )
            )
            servers.callback(server.terminate)
            assert server.stdout.readline() == b"ready\n"
            return address

        def loaded() -> Path:
            # Builds side by side wait for the first of them to start it.
            with starting:
                return started()

        Job.parsed, Job.loaded = staticmethod(parsed), staticmethod(loaded)
        yield


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks of this process are those of another one to what follows."""
    monkeypatch.setattr("segmentation.lock._held", {})


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return Classifier(Job.parsed() / "compiled")


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Small demo files, which no test changes."""
    with made_once("raw", tmp_path_factory, worker_id) as (folder, is_new):
        raw = folder / "raw"
        if is_new:
            write_demo(raw, member_rows=2_000, sales_lines=12_000)
    return raw


@pytest.fixture(scope="session")
def demo(demo_files: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Job:
    """The whole job on them, which no test changes: what writes takes a copy, or a folder for its reports."""
    with made_once("job", tmp_path_factory, worker_id) as (folder, is_new):
        job = Job(demo_files, folder / "out")
        if is_new:
            job.out.mkdir()
            done = job.run("-m", "segmentation", "build")
            assert done.returncode == 0, done.stdout + done.stderr
            job.said.write_text(done.stdout + done.stderr, encoding="utf-8")
    return job
