"""One build at a time, a published file that is whole at any moment, processes that end together."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from conftest import marts_file, version

from segmentation import publication, speed
from segmentation.dbt_plugin import Plugin
from segmentation.disk import put_folder, writing
from segmentation.errors import InputError
from segmentation.exports import open_warehouse
from segmentation.lock import held, take
from segmentation.publication import begin, check_writers, clear, lock_file, publish, published_model, roll_back
from segmentation.run import build, whole_job, write_reports

pytestmark = pytest.mark.usefixtures("no_locks")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse of version 2 with the one before it, and a next one."""
    path = tmp_path / "wh.duckdb"
    for number in (1, 2):
        marts_file(Path(f"{path}.next"), number)
        publish(path)
    marts_file(Path(f"{path}.next"), 3)
    return path


def running(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a Python process and wait until it has said something, its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert process.stdout
    process.first_line = process.stdout.readline()
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    process.stdout.close()
    process.stdin.close()


HOLD = """
import sys, pathlib
from segmentation.lock import take
take(pathlib.Path(sys.argv[1]), "")
print(1, flush=True)
input()
"""
WRITE = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("create table mine as select 1 as a")
print(1, flush=True)
input()
"""
# One call holds Python's lock for as long as it lasts.
WORK = """
import os, time
from segmentation.leaving import leave_on_signals
from segmentation.speed import worker_processes

def pid(_):
    time.sleep(0.2)
    return os.getpid()

if __name__ == "__main__":
    leave_on_signals()
    with worker_processes() as processes:
        workers = set(processes.map(pid, range(4)))
        busy = [processes.submit(sum, range(10**10)) for _ in range(4)]
        print(*workers, flush=True)
        busy[0].result()
"""


def test_the_lock_names_its_holder_and_is_void_when_that_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "wh.lock"
    holder = running(HOLD, path)
    with pytest.raises(InputError, match=f"Built by process {holder.pid} on .*, since 20.*: wait for its end"):
        take(path, "Built")
    end(holder)
    with held(path, "Built"):
        assert f"process {os.getpid()}" in path.read_text()
        assert not take(path, "Built")
    assert path.read_text() == ""
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_build_waits_for_somebody_who_writes_the_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("segmentation.run.mart_digests", lambda _: pytest.fail("it did not wait"))
    monkeypatch.setattr("segmentation.run.PATIENCE", 1)
    holder = running(HOLD, tmp_path / ".lock")
    with pytest.raises(InputError, match=f"are being written by process {holder.pid} .*: wait for its end"):
        write_reports(tmp_path / "wh.duckdb", tmp_path)
    [said] = capsys.readouterr().out.splitlines()
    assert said.endswith(": this waits for its end.")
    monkeypatch.setattr("segmentation.run.PATIENCE", 60)
    monkeypatch.undo()
    threading.Timer(0.5, end, [holder]).start()
    # It goes on to the warehouse, which is none.
    with pytest.raises(duckdb.Error, match="does not exist"):
        write_reports(tmp_path / "wh.duckdb", tmp_path)


def test_what_fails_after_the_publication_is_said_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("RAW_DATA_DIR", "WAREHOUSE_PATH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("segmentation.run.build", lambda *_: None)
    monkeypatch.setattr("segmentation.run.write_exports", full)
    monkeypatch.setattr("segmentation.run.mart_digests", lambda _: {})
    monkeypatch.setattr("segmentation.run.draw_charts", lambda *_, **__: iter([]))
    monkeypatch.setattr("segmentation.run.start_report", lambda *_: None)
    summarised: list[Path] = []
    monkeypatch.setattr("segmentation.run.summarise", summarised.append)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "sales.csv").touch()
    with pytest.raises(InputError, match=r"The disk is full.*wh is that of this build, not all reports in .*rep are"):
        whole_job({}, tmp_path / "raw", tmp_path / "wh", tmp_path / "rep", benchmark=False)
    # What the build found is told all the same.
    assert summarised == [tmp_path / "wh"]


def test_the_file_before_is_kept_and_comes_back(warehouse: Path) -> None:
    previous = Path(f"{warehouse}.previous")
    assert (version(warehouse), version(previous)) == (2, 1)
    with duckdb.connect(str(warehouse), read_only=True) as reader:
        publish(warehouse)
        assert reader.execute("select max(version) from marts.t").fetchall() == [(2,)]
    assert (version(warehouse), version(previous)) == (3, 2)
    assert warehouse.stat().st_mode & 0o777 == 0o400
    assert "a second rollback" in roll_back(warehouse)
    assert (version(warehouse), version(previous)) == (2, 3)
    roll_back(warehouse)
    assert (version(warehouse), version(previous)) == (3, 2)
    previous.unlink()
    (warehouse.parent / "README.md").touch()
    for path in (warehouse, warehouse.parent / "README.md"):
        with pytest.raises(InputError, match=r"There is no .*previous"):
            roll_back(path)
    assert not (warehouse.parent / "README.md.lock").exists()


def test_the_published_file_stays_readable_for_whom_it_was_shared_with(warehouse: Path) -> None:
    for before, after in ((0o440, 0o440), (0o644, 0o400)):
        warehouse.chmod(before)
        publish(warehouse)
        assert warehouse.stat().st_mode & 0o777 == after


def test_a_link_to_another_folder_stays_one(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "big disk").mkdir()
    target = tmp_path / "big disk" / "wh"
    warehouse.rename(target)
    warehouse.symlink_to(target)
    publish(warehouse)
    assert warehouse.is_symlink()
    assert version(target) == 3
    assert version(Path(f"{target}.previous")) == 2
    assert lock_file(warehouse) == lock_file(target)


def opened(warehouse: Path) -> None:
    with open_warehouse(warehouse):
        pass


def test_a_program_that_writes_the_published_file_is_named(warehouse: Path) -> None:
    warehouse.chmod(0o600)
    writer = running(WRITE, warehouse)
    for refused in (check_writers, publish, opened):
        with pytest.raises(InputError, match=f"wh.duckdb(.wal)? (stands|is open for writing in .*{writer.pid})"):
            refused(warehouse)
    end(writer)
    log = Path(f"{warehouse}.wal")
    assert log.exists()
    with pytest.raises(InputError, match="wal stands beside the warehouse"):
        check_writers(warehouse)
    log.unlink()
    publish(warehouse)
    assert version(warehouse) == 3


def test_a_folder_in_the_place_of_the_warehouse_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder: name a file in it as the warehouse"):
        check_writers(tmp_path)


def test_the_model_of_another_version_or_of_no_warehouse_is_none(tmp_path: Path) -> None:
    assert published_model(tmp_path / "none", "shop") is None
    (tmp_path / "text").write_text("no database")
    assert published_model(tmp_path / "text", "shop") is None
    columns = (
        "'shop' as retailer, 'k' as kind, '' as scaling, 2 as n_clusters, 1 as cluster, 'f' as feature, 0.5 as value"
    )
    for name, more in (("old", ""), ("new", ", now() as trained_as_of, '{}' as settings")):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(f"create schema marts; create table marts.cluster_model as select {columns}{more}")
    assert published_model(tmp_path / "old", "shop") is None
    model = published_model(tmp_path / "new", "shop")
    assert model is not None
    assert list(model["value"]) == [0.5]


def test_a_copy_that_is_not_whole_is_not_published(warehouse: Path) -> None:
    following = Path(f"{warehouse}.next")
    following.write_bytes(following.read_bytes()[:20_000])
    with pytest.raises(InputError, match="stays as it is"):
        publish(warehouse)
    following.unlink()
    with pytest.raises(InputError, match=r"could not be copied.*No such file"):
        publish(warehouse)
    assert version(warehouse) == 2
    assert not list(warehouse.parent.glob("*.new"))


@pytest.mark.parametrize("has_links", [True, False], ids=["links", "no links"])
@pytest.mark.parametrize("step", range(4))
def test_an_end_between_two_steps_of_a_publication_loses_no_version(
    step: int, has_links: bool, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def no_link(*_: object) -> None:
        raise PermissionError("this file system knows no second name of a file")

    steps = iter(range(10))

    def counted(function):
        def until_killed(*arguments):
            if next(steps) == step:
                raise Killed
            return function(*arguments)

        return until_killed

    with monkeypatch.context() as patched:
        patched.setattr(publication, "put", counted(publication.put))
        patched.setattr(publication.os, "link", counted(os.link if has_links else no_link))
        patched.setattr(publication, "remove", lambda path: None)
        try:
            publish(warehouse)
        except Killed:
            assert step < 3
        else:
            assert step == 3
        # Whoever reads meanwhile finds a whole file, but where there is no second name for the old one.
        assert (step == 1 and not has_links) or version(warehouse) in (2, 3)
    assert begin(warehouse)
    found = (version(warehouse), version(Path(f"{warehouse}.previous")))
    assert found == ((3, 2) if step > 1 else (2, 1))
    assert not list(warehouse.parent.glob("*.new"))


def test_an_end_between_two_steps_of_an_exchange_of_folders_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("charts/zh", ".drafts/zh"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "picture.png").write_text(name)
    steps, replace = iter(range(10)), Path.replace

    def until_killed(path: Path, target: Path) -> Path:
        if next(steps) == 1:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", until_killed)
        put_folder(tmp_path / ".drafts" / "zh", tmp_path / "charts" / "zh")
    assert not (tmp_path / "charts" / "zh").exists()
    with writing(tmp_path) as drafts:
        assert (tmp_path / "charts" / "zh" / "picture.png").read_text() == "charts/zh"
        assert list(drafts.iterdir()) == []


def test_going_back_needs_no_second_names_of_files(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError("this file system knows no second name of a file")

    monkeypatch.setattr(publication.os, "link", no_link)
    publish(warehouse)
    roll_back(warehouse)
    assert (version(warehouse), version(Path(f"{warehouse}.previous"))) == (2, 3)
    assert not list(warehouse.parent.glob("*.new"))


def test_what_takes_its_place_is_on_the_disk_before_and_so_is_its_name_after(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        done.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")

    def replaced(path: Path, target: Path) -> Path:
        done.append(f"{path.name} is {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    publish(warehouse)
    folder = f"sync {warehouse.parent.name}"
    assert done == [
        "sync wh.duckdb.new", "wh.duckdb.new is wh.duckdb", folder,
        "sync wh.duckdb.previous.new", "wh.duckdb.previous.new is wh.duckdb.previous", folder,
    ]  # fmt: skip


def test_dbt_begins_with_what_a_build_begins_with(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmentation.dbt_plugin.get_flags", lambda: SimpleNamespace(PROJECT_DIR=str(warehouse.parent)))
    credentials = SimpleNamespace(path=f"{warehouse}.next")
    masks: list[int] = []
    monkeypatch.setattr(os, "umask", masks.append)
    monkeypatch.chdir(warehouse.parent)
    holder = running(HOLD, lock_file(warehouse))
    with pytest.raises(RuntimeError, match=f"wh.duckdb is being built or changed by process {holder.pid} on "):
        Plugin("segmentation.dbt_plugin", {}, credentials)
    end(holder)
    (warehouse.parent / "wh.duckdb.new").touch()
    plugin = Plugin("segmentation.dbt_plugin", {}, credentials)
    assert plugin.is_alone
    assert not (warehouse.parent / "wh.duckdb.new").exists()
    assert masks == [0o077, 0o077]
    Path(f"{warehouse}.wal").touch()
    with duckdb.connect() as connection:
        plugin.configure_connection(connection)
        [(outcome,)] = connection.execute("select land_raw_files('cumcm2018', 'none')").fetchall()
    assert "wal stands beside the warehouse" in outcome["problem"]


def test_a_build_refuses_a_foreign_writer_before_it_begins(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmentation.run.check_space", lambda *_: pytest.fail("it went on"))
    Path(f"{warehouse}.wal").touch()
    before = sorted(path.name for path in warehouse.parent.iterdir())
    with pytest.raises(InputError, match="wal stands beside the warehouse"):
        build({}, warehouse.parent / "raw", warehouse)
    assert sorted(path.name for path in warehouse.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a#b/wh.duckdb", "folder of the warehouse cannot have a #"),
        ("a?b/wh.duckdb", "folder of the warehouse cannot have a ?"),
        ("a#b.duckdb", "cannot be called a#b"),
        *((name, "also the name of a part of it") for name in ("work.duckdb", "Marts.db", "seeds")),
    ],
)
def test_names_that_dbt_and_duckdb_cannot_read_are_refused(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        begin(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_a_living_process_puts_on_the_disk_stays_and_what_a_dead_one_left_goes(warehouse: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    left, used = (Path(f"{warehouse}.{pid}.tmp") for pid in (dead.pid, os.getpid()))
    left.mkdir()
    used.mkdir()
    begin(warehouse)
    assert used.exists()
    assert not left.exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_their_parent(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    with subprocess.Popen([sys.executable, tmp_path / "work.py"], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        parent.send_signal(number)
        assert parent.wait() == (-9 if number == signal.SIGKILL else 128 + number)
    # They would work for many minutes.
    ends = time.monotonic() + 60
    while time.monotonic() < ends and any(Path(f"/proc/{pid}").exists() for pid in workers):
        time.sleep(0.05)
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists()] == []


@pytest.fixture
def keyboard() -> Iterator[None]:
    """A Ctrl-C interrupts, also where the tests run in the background of a shell, which ignores it there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_a_ctrl_c_while_processes_start_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt), speed._deaf_to_the_keyboard():
        signal.raise_signal(signal.SIGINT)
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.raise_signal(signal.SIGINT)"])
        assert child.wait() == 0


LOAD = """
import os, signal, sys, time
from multiprocessing import forkserver
from segmentation import speed
sys.path.insert(0, sys.argv[1])
speed.HEAVY_MODULES[1:] = ["endless"]
speed.load_ahead()
print(forkserver._forkserver._forkserver_pid, flush=True)
while not os.path.exists(sys.argv[1] + "/began"):
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""
ENDLESS = """
import pathlib, time
pathlib.Path(__file__).with_name("began").touch()
time.sleep(600)
"""


def test_where_memory_is_short_nothing_is_loaded_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(speed, "_is_loaded_ahead", False)
    monkeypatch.setattr(speed.forkserver, "set_forkserver_preload", lambda modules: None)
    monkeypatch.setattr(speed.forkserver, "ensure_running", lambda: started.append("forkserver"))
    monkeypatch.setenv("MEMORY_LIMIT", "1GiB")
    speed.load_ahead()
    assert (started, speed._is_loaded_ahead) == ([], False)
    monkeypatch.setenv("MEMORY_LIMIT", "2GiB")
    speed.load_ahead()
    assert (started, speed._is_loaded_ahead) == (["forkserver"], True)


@pytest.mark.slow
def test_what_loads_for_the_workers_ends_with_the_build(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    parent = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert parent.returncode == -signal.SIGKILL
    ends = time.monotonic() + 60
    while time.monotonic() < ends and Path(f"/proc/{int(parent.stdout)}").exists():
        time.sleep(0.05)
    assert not Path(f"/proc/{int(parent.stdout)}").exists()


def test_the_file_of_the_marts_begins_with_what_follows_the_files(tmp_path: Path) -> None:
    path = tmp_path / "wh.duckdb.next"
    clear(path, [])
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            'create schema marts; create table marts.lines as select 1 as n; create table marts."of all" as select 2;'
            "create table lines as select 3; create view marts.seen as from marts.lines"
        )
    clear(path, [("marts", "lines")])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("from marts.lines").fetchall() == [(1,)]
        assert connection.execute("select count(*) from duckdb_tables()").fetchall() == [(1,)]
        assert connection.execute("from duckdb_views() where not internal").fetchall() == []
    path.write_bytes(b"no database")
    clear(path, [("marts", "lines")])
    assert not path.exists()
