"""Kills at random moments, full disks, readers and rivals. `make torture` tries many, `make test` a few.

The stages are tried by themselves, over and over, so that most kills hit their work and not the start of Python.
"""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, Job, marts_file, version

from segmentation import lock
from segmentation.demo import write_demo
from segmentation.landing.land import land, working_file
from segmentation.publication import begin, check_writers, publish

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_locks")]

# Of the marts files, so that writing one takes its time.
ROWS = 200_000

LAND = """
import os, sys
from pathlib import Path
from segmentation.errors import sentence
from segmentation.landing.land import land, working_file
warehouse, raw = map(Path, sys.argv[1:3])
print("ready", flush=True)
for turn in range(int(sys.argv[3])):
    try:
        # Another time is another state of the file, so that it is read again.
        (raw / "cumcm2018c2.csv").write_bytes((raw.parent / f"{turn % 2}.csv").read_bytes())
        with working_file(warehouse) as connection:
            land(connection, "cumcm2018", raw, Path("retailers"))
    except Exception as error:
        sys.exit(sentence(error) or repr(error))
"""
PUBLISH = """
import sys
from pathlib import Path
from segmentation.errors import sentence
from segmentation.publication import begin, publish, roll_back
warehouse = Path(sys.argv[1])
print("ready", flush=True)
try:
    begin(warehouse)
    for turn in range(int(sys.argv[2])):
        publish(warehouse) if turn % 3 else roll_back(warehouse)
except Exception as error:
    sys.exit(sentence(error) or repr(error))
"""
EXPORT = """
import sys
from pathlib import Path
from segmentation.errors import sentence
from segmentation import exports
# The workbook asks for more marts than there are here.
exports.write_workbook = lambda _, path: path.write_bytes(bytes(1_000_000))
print("ready", flush=True)
try:
    for turn in range(int(sys.argv[3])):
        # Without it, what is the same stays.
        (Path(sys.argv[2]) / exports.RECORD).unlink(missing_ok=True)
        exports.write_exports(Path(sys.argv[1]), Path(sys.argv[2]))
except Exception as error:
    sys.exit(sentence(error) or repr(error))
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a stage and wait until it begins with its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def kill_later(process: subprocess.Popen[str], longest: float) -> None:
    time.sleep(random.uniform(0, longest))
    process.kill()
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said


def begin_anew(warehouse: Path) -> None:
    """Begin as the next build does; its lock is free again afterwards."""
    assert begin(warehouse)
    lock._held.popitem()[1].close()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    warehouse = tmp_path / "wh.duckdb"
    for number in (1, 2):
        marts_file(Path(f"{warehouse}.next"), number, ROWS)
        publish(warehouse)
    marts_file(Path(f"{warehouse}.next"), 3, ROWS)
    return warehouse


def landed(warehouse: Path, raw: Path) -> list[tuple]:
    with working_file(warehouse) as connection:
        land(connection, "cumcm2018", raw, ROOT / "retailers")
        return [
            connection.execute(f"select count(*), bit_xor(hash(t)) from work.raw.{name} as t").fetchone()
            for name in ("sales_lines", "members")
        ]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    write_demo(folder, member_rows=100, sales_lines=20_000)
    text = (folder / "cumcm2018c2.csv").read_text(encoding="utf-8")
    for number, encoding in enumerate(("utf-8", "gb18030")):
        (tmp_path / f"{number}.csv").write_text(text, encoding=encoding)
    return folder


def test_kills_during_landing_lose_no_row(pytestconfig: pytest.Config, raw: Path, tmp_path: Path) -> None:
    expected = landed(tmp_path / "reference", raw)
    warehouse = tmp_path / "wh.duckdb"
    for _ in range(pytestconfig.getoption("kills")):
        kill_later(start(LAND, warehouse, raw, 1_000), 2)
        shutil.copy(tmp_path / "0.csv", raw / "cumcm2018c2.csv")
        begin_anew(warehouse)
        assert landed(warehouse, raw) == expected
        assert {path.name for path in tmp_path.glob("wh*")} <= {"wh.duckdb.work", "wh.duckdb.lock"}


def test_kills_during_publication_leave_whole_files(pytestconfig: pytest.Config, published: Path) -> None:
    for _ in range(pytestconfig.getoption("kills")):
        kill_later(start(PUBLISH, published, 1_000), 0.5)
        assert version(published, ROWS) in (1, 2, 3)
        begin_anew(published)
        check_writers(published)
        assert {version(published, ROWS), version(Path(f"{published}.previous"), ROWS)} <= {1, 2, 3}
        assert not list(published.parent.glob("*.new"))


@pytest.fixture
def reports(tmp_path: Path) -> tuple[Path, Path]:
    warehouse = tmp_path / "wh.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """create schema marts; create schema seeds;
            create table marts.m as select range as id, md5(cast(range as varchar)) as card_id, '会员' as name
            from range(100_000);
            create table seeds.export_columns as from (values ('a.csv', 'm', 'id', 'card_id', '卡号', 1),
                ('a.csv', 'm', 'id', 'name', '姓名', 2), ('b.csv', 'm', 'id', 'id', '号', 1))
                as t (file, mart, order_by, mart_column, header_zh, position)"""
        )
    return warehouse, tmp_path / "reports"


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def test_kills_during_export_leave_whole_files(pytestconfig: pytest.Config, reports: tuple[Path, Path]) -> None:
    warehouse, folder = reports
    start(EXPORT, warehouse, folder, 1).communicate()
    expected = digests(folder / "exports")
    assert len(expected) == 3
    for _ in range(pytestconfig.getoption("kills")):
        kill_later(start(EXPORT, warehouse, folder, 1_000), 0.5)
        assert digests(folder / "exports") == expected
        start(EXPORT, warehouse, folder, 1).communicate()
        assert sorted(path.name for path in folder.iterdir()) == [".exports.json", ".lock", "exports"]


def test_readers_see_whole_versions_while_others_take_their_place(pytestconfig: pytest.Config, published: Path) -> None:
    queries = pytestconfig.getoption("queries")
    code = f"""
import duckdb, sys
for _ in range({queries // 2}):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        [(low, high, rows)] = connection.execute("select min(version), max(version), count(*) from marts.t").fetchall()
    assert low == high and rows == {ROWS}
"""
    publisher = start(PUBLISH, published, 1_000_000)
    readers = [subprocess.Popen([sys.executable, "-c", code, str(published)]) for _ in range(2)]
    try:
        assert [reader.wait() for reader in readers] == [0, 0]
        assert publisher.poll() is None
    finally:
        publisher.kill()
        publisher.communicate()


def test_of_rivals_one_builds_and_the_others_say_who(pytestconfig: pytest.Config, published: Path) -> None:
    builder = start(PUBLISH, published, 1_000_000)
    try:
        for number in range(pytestconfig.getoption("rivals")):
            # Every tenth is a plain dbt.
            job = replace(Job(published.parent / "none", published.parent), odd={"WAREHOUSE_PATH": str(published)})
            done = job.dbt_anew("build") if number % 10 == 9 else job.run("-m", "segmentation", "build")
            assert done.returncode != 0
            said = done.stdout + done.stderr
            assert f"by process {builder.pid} on " in said
            assert "Traceback" not in said
            assert said.count("\n") == 1 or number % 10 == 9
        assert builder.poll() is None
        assert not (published.parent / "none").exists()
    finally:
        builder.kill()
        builder.communicate()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disks_are_said_and_cost_nothing_that_was_there(
    pytestconfig: pytest.Config, small_disk: Path, raw: Path, reports: tuple[Path, Path], published: Path
) -> None:
    levels = pytestconfig.getoption("disks")
    for level in range(levels):
        for path in small_disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        warehouse = small_disk / "wh.duckdb"
        shutil.copy(published, warehouse)
        os.link(warehouse, f"{warehouse}.previous")
        shutil.copy(f"{published}.next", f"{warehouse}.next")
        shutil.copytree(reports[1], small_disk / "reports") if reports[1].exists() else None
        free = shutil.disk_usage(small_disk).free
        left = int(8_000_000 * (level + 1) / (levels + 1))
        (small_disk / "ballast").write_bytes(bytes(max(0, free - left)))
        said = []
        for code, arguments in (
            (LAND, (warehouse, raw, 2)), (PUBLISH, (warehouse, 2)), (EXPORT, (reports[0], small_disk / "reports", 1))
        ):  # fmt: skip
            process = start(code, *arguments)
            _, error = process.communicate()
            assert process.returncode == 0 or ("full" in error and error.count("\n") == 1), error
            said.append(process.returncode)
        assert version(warehouse, ROWS) in (2, 3)
        (small_disk / "ballast").unlink()
        assert landed(warehouse, raw)[0][0] > 19_000
        process = start(PUBLISH, warehouse, 2)
        assert process.communicate()[1] == ""
        assert version(warehouse, ROWS) == 3


def processes_of(session: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, group = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(group) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


# Two groups, of which the first is the more valuable one: of more, the numbers depend on those of the build before.
SETTINGS = {"cluster_counts": [2], "cluster_refits": 1, "cluster_gap_references": 1}
# The warehouse alone, from the files of a retailer.
MARTS = """
import json, os, sys
from pathlib import Path
from segmentation.publication import begin
from segmentation.run import build
warehouse = Path(os.environ["WAREHOUSE_PATH"])
begin(warehouse)
build(json.loads(sys.argv[1]), Path(os.environ["RAW_DATA_DIR"]), warehouse)
"""
# The whole job, on a disk that would be too small at its start.
UNCHECKED = """
from segmentation import cli, run
run.check_space = lambda *_: None
cli.main()
"""


class Shop:
    """A shop to which a file of a day's sales comes and goes, and what its marts are with and without it."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.day = folder / "raw", folder / "raw" / "sales-2.csv"
        write_demo(self.raw, member_rows=300, sales_lines=2_000)
        self.header, *self.lines = (self.raw / "cumcm2018c2.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (self.raw / "cumcm2018c2.csv").unlink()
        (self.raw / "sales-1.csv").write_text(self.header + "".join(self.lines[40:]), encoding="utf-8")
        shop = (ROOT / "retailers" / "cumcm2018.yml").read_text(encoding="utf-8")
        self.retailer = folder / "shop.yml"
        self.retailer.write_text(shop.replace("cumcm2018c2.csv", "sales-*.csv"), encoding="utf-8")
        self.expected: dict[bool, list[tuple]] = {}
        for number in range(2):
            self.job = Job(self.raw, folder / f"anew{number}")
            is_there = self.change()
            began = time.monotonic()
            self.expected[is_there] = self.marts(self.job, UNCHECKED)
            self.seconds = time.monotonic() - began

    def change(self) -> bool:
        """Let a day's file come or leave; tell whether it is there."""
        if self.day.exists():
            self.day.unlink()
        else:
            self.day.write_text(self.header + "".join(self.lines[:40]), encoding="utf-8")
        return self.day.exists()

    def start(
        self, job: Job, code: str = UNCHECKED, before: Sequence[str] = (), **options: Any
    ) -> subprocess.Popen[str]:
        """Start the whole job, or the warehouse alone, in a group of processes of its own."""
        settings = json.dumps({"retailer": str(self.retailer), **SETTINGS})
        words = [settings] if code is MARTS else ["build", "--vars", settings]
        return subprocess.Popen(
            [*before, sys.executable, "-c", code, *words], cwd=ROOT, env=job.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, **options,
        )  # fmt: skip

    def marts(self, job: Job, code: str = MARTS, **options: Any) -> list[tuple]:
        """Build, and return the contents of the marts."""
        build = self.start(job, code, **options)
        said = build.communicate()[0]
        assert build.returncode == 0, said
        return contents(job)

    def are_right(self, job: Job) -> None:
        """The next build, with a file more or less or as before, gives what one from nothing gives."""
        if random.random() < 0.5:
            self.change()
        assert self.marts(job) == self.expected[self.day.exists()]


def contents(job: Job) -> list[tuple]:
    tables = job.query("select table_name from duckdb_tables() where schema_name = 'marts' order by 1")
    return [(name, job.query(f"select count(*), bit_xor(hash(t)) from marts.{name} as t")) for (name,) in tables]


@pytest.fixture(scope="module")
def shop(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    if not pytestconfig.getoption("builds"):
        pytest.skip("only with --builds")
    return Shop(tmp_path_factory.mktemp("shop"))


def only_a_sentence(said: str) -> None:
    """What ran out is said once, and no program shows where it was."""
    assert not re.search("Traceback|terminate called|panicked|core dumped", said), said
    assert len(re.findall("^(The disk is full|Memory ran out)", said, re.MULTILINE)) <= 1, said


def test_kills_of_whole_builds_leave_nothing_behind(pytestconfig: pytest.Config, shop: Shop, tmp_path: Path) -> None:
    job = Job(shop.raw, tmp_path / "out")
    shutil.copytree(shop.job.out, job.out)
    for number in range(pytestconfig.getoption("builds")):
        shop.change()
        before = contents(job)
        build = shop.start(job)
        output: list[str] = []
        reader = threading.Thread(target=lambda build=build, output=output: output.append(build.stdout.read()))
        reader.start()
        time.sleep(random.uniform(0, shop.seconds))
        alive = processes_of(build.pid)
        how = number % 4
        if how == 0:
            os.killpg(build.pid, signal.SIGKILL)
        elif how == 1:
            build.kill()
        elif how == 2:
            build.send_signal(random.choice([signal.SIGINT, signal.SIGTERM]))
        elif alive:
            # Any one of its processes: it goes on, or says why it cannot.
            with suppress(ProcessLookupError):
                os.kill(random.choice(alive), signal.SIGKILL)
            build.wait()
        build.wait(timeout=pytestconfig.getoption("seconds"))
        ends = time.monotonic() + pytestconfig.getoption("seconds")
        while time.monotonic() < ends and processes_of(build.pid):
            time.sleep(0.05)
        assert processes_of(build.pid) == []
        reader.join()
        if how == 3 and build.returncode not in (0, -signal.SIGKILL):
            only_a_sentence(output[0])
        after = contents(job)
        assert after in (before, shop.expected[shop.day.exists()])
        print(f"kill {number}: {how}, {'before' if after == before else 'after'} the publication", flush=True)
        # After three kills.
        if number % 3 == 2:
            shop.are_right(job)
    assert shop.marts(job, UNCHECKED) == shop.expected[shop.day.exists()]
    assert {path.name.removeprefix("warehouse.duckdb") for path in job.out.glob("warehouse*")} == {
        "", ".lock", ".next", ".previous", ".work",
    }  # fmt: skip
    assert not list((job.out / "reports").glob(".drafts"))


def test_a_build_ends_when_nobody_reads_what_it_prints(shop: Shop, tmp_path: Path) -> None:
    job = Job(shop.raw, tmp_path / "out")
    shutil.copytree(shop.job.out, job.out)
    before = contents(job)
    build = shop.start(job)
    assert build.stdout
    while not re.match(r" *1/[0-9]+ ", build.stdout.readline()):
        pass
    build.stdout.close()
    assert build.wait(timeout=300) == 1
    assert contents(job) == before
    assert not processes_of(build.pid)


def test_builds_that_are_refused_memory_say_so(pytestconfig: pytest.Config, shop: Shop, tmp_path: Path) -> None:
    job = Job(shop.raw, tmp_path / "out")
    shutil.copytree(shop.job.out, job.out)
    models, tried_again = set(), set()
    for number in range(levels := pytestconfig.getoption("builds") // 8):
        shop.change()
        before = contents(job)
        memory = 3 + 60 * number // levels
        # The second time it is the same or enough.
        is_enough = number % 2 == 1
        build = shop.start(
            job,
            f"""
from itertools import chain, repeat
from segmentation import dbt_plugin
memory = chain(["{memory}MB"], repeat("{1000 if is_enough else memory}MB"))
dbt_plugin.bound = lambda connection: connection.execute(f"set memory_limit = '{{next(memory)}}'; set threads = 2")
{UNCHECKED}""",
        )
        said = build.communicate()[0]
        models.add(len(re.findall(r"^ *[0-9]+/[0-9]+ ", said, re.MULTILINE)))
        print(f"memory {memory} MB: {build.returncode}, {max(models)} models, {said.splitlines()[-2:]}", flush=True)
        only_a_sentence(said)
        has_run_out, is_tried_again = "Memory ran out" in said, "one model at a time" in said
        assert has_run_out or not is_tried_again
        assert build.returncode == 0 or (has_run_out and not (is_tried_again and is_enough)), said
        tried_again.add(is_tried_again and is_enough)
        assert contents(job) in (before, shop.expected[shop.day.exists()])
        shop.are_right(job)
    assert len(models) > 1
    assert True in tried_again


def test_a_disk_that_fills_during_a_whole_build_costs_nothing_that_was_there(
    pytestconfig: pytest.Config, shop: Shop, small_disk: Path
) -> None:
    job = Job(shop.raw, small_disk)
    levels = pytestconfig.getoption("disks")
    sizes = {ending: Path(f"{shop.job.warehouse}{ending}").stat().st_size for ending in ("", ".next", ".work")}
    ends = set()
    for level in range(levels):
        for path in small_disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        # From nothing but a published file, or with what another build has left.
        kept = [""] if level % 2 else list(sizes)
        for ending in kept:
            shutil.copy(f"{shop.job.warehouse}{ending}", f"{job.warehouse}{ending}")
        os.link(job.warehouse, f"{job.warehouse}.previous")
        before = contents(job)
        # The marts are copied in the end, and reports written.
        needed = sizes[""] + 8_000_000 + sum(size for ending, size in sizes.items() if ending not in kept)
        left = int(needed * (level + 0.5) / levels)
        (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free - left))
        build = shop.start(job)
        said = build.communicate()[0]
        models = len(re.findall(r"^ *[0-9]+/[0-9]+ ", said, re.MULTILINE))
        print(
            f"disk {level}: {left:,} bytes left, {build.returncode}, {models} models, {said.splitlines()[-2:]}",
            flush=True,
        )
        only_a_sentence(said)
        assert build.returncode == ("The disk is full" in said)
        assert contents(job) in (before, shop.expected[shop.day.exists()])
        ends.add((build.returncode, models > 0))
        (small_disk / "ballast").unlink()
        shop.are_right(job)
    assert (1, True) in ends


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *moment) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, moment);
    if (!result && clock == CLOCK_REALTIME) moment->tv_sec += atol(getenv("CLOCK_SHIFT"));
    return result;
}
int gettimeofday(struct timeval *moment, void *zone) {
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    moment->tv_sec = now.tv_sec;
    moment->tv_usec = now.tv_nsec / 1000;
    return result;
}
time_t time(time_t *moment) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return moment ? *moment = now.tv_sec : now.tv_sec;
}
"""
YEAR = 366 * 24 * 60 * 60
MACHINES = {
    "the east, three years later": {
        "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0",
        "CLOCK_SHIFT": str(3 * YEAR), "HOME": "", "TMPDIR": "/proc/none",
    },
    "the west, nine years ago": {
        "TZ": "America/St_Johns", "LC_ALL": "zh_CN.GBK", "CLOCK_SHIFT": str(-9 * YEAR), "PYTHONIOENCODING": "ascii",
    },
}  # fmt: skip
ODD = "会员 'of' \"é\"\nand 😀 $HOME"


@pytest.mark.parametrize("machine", MACHINES)
def test_marts_are_the_same_on_another_machine(machine: str, shop: Shop, tmp_path: Path) -> None:
    """Another zone, language and clock, odd names, raw files behind a link that nobody may change, no root's rights."""
    place = tmp_path / ODD
    place.mkdir()
    raw = place / "raw files"
    shutil.copytree(shop.raw, place / "elsewhere")
    raw.symlink_to("elsewhere")
    for path in (*raw.iterdir(), place / "elsewhere"):
        path.chmod(0o555)
    odd = dict(MACHINES[machine])
    (tmp_path / "clock.c").write_text(CLOCK, encoding="utf-8")
    made = subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", tmp_path / "clock.so", tmp_path / "clock.c", "-ldl"], check=False
    )
    if not made.returncode:
        odd["LD_PRELOAD"] = str(tmp_path / "clock.so")
    job = Job(raw, place / "out", odd=odd)
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    assert shop.marts(job, UNCHECKED, before=powerless, umask=0) == shop.expected[shop.day.exists()]
    assert not [path for path in job.out.rglob("*") if path.stat().st_mode & 0o077]


def test_folders_that_cannot_be_written_are_named(shop: Shop, tmp_path: Path) -> None:
    job = Job(shop.raw, tmp_path / "out")
    shutil.copytree(shop.job.out, job.out)
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    before = contents(job)
    for folder in (job.out, job.out / "reports"):
        folder.chmod(0o555)
        build = shop.start(job, before=powerless)
        said = build.communicate()[0]
        folder.chmod(0o700)
        assert build.returncode == 1
        assert re.search(f"^{folder}/.* cannot be used: Permission denied.$", said, re.MULTILINE), said
        only_a_sentence(said)
        assert contents(job) in (before, shop.expected[shop.day.exists()])
    shop.are_right(job)
