import os
from pathlib import Path

import duckdb
import pytest

from segmentation import machine
from segmentation.errors import InputError, sentence
from segmentation.exports import open_warehouse
from segmentation.run import build

GIB = 1 << 30


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 10**9), ("6 GiB", 6 * GIB), ("1.5g", 1_500_000_000), ("4294967296", 4 * GIB), ("50%", 10 * GIB)],
)
def test_a_limit_is_an_amount_of_memory(monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    monkeypatch.setattr(machine, "_memory", lambda: 20 * GIB)
    assert machine.memory_limit({"MEMORY_LIMIT": text}) == size
    assert machine.memory_limit({}) == 14 * GIB


@pytest.mark.parametrize(
    "text", ["much", "-8GB", "8 apples", "512MB", "0", "1e9", "8GB; drop table x", "9" * 400, "٣GB"]
)
def test_what_is_no_limit_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"^MEMORY_LIMIT is .* at least 1 GiB, such as"):
        machine.memory_limit({"MEMORY_LIMIT": text})


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "2000", "٣"])
def test_what_is_no_number_of_threads_is_refused_with_a_sentence(text: str) -> None:
    assert machine.threads({"THREADS": " 3 "}) == 3
    with pytest.raises(InputError, match=r"^THREADS is .* a whole number from 1 to 1024"):
        machine.threads({"THREADS": text})


@pytest.mark.parametrize(
    ("own", "files", "limits"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": str(3 * GIB)}, [3 * GIB]),
        ("0::/\n", {"memory.max": str(2 * GIB)}, [2 * GIB]),
        ("4:cpu:/\n3:memory:/docker/x\n", {"memory/memory.limit_in_bytes": str(GIB)}, [GIB]),
        ("3:memory:/s\n0::/\n", {"memory/s/memory.limit_in_bytes": str(GIB), "memory.max": str(GIB)}, [GIB, GIB]),
        ("0::/a\n", {}, []),
    ],
)
def test_the_limit_of_a_container_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str, files: dict[str, str], limits: list[int]
) -> None:
    (tmp_path / "own").write_text(own, encoding="utf-8")
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text + "\n", encoding="utf-8")
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(machine, "OWN_GROUPS", tmp_path / "own")
    found = list(machine._group_limits())
    assert [limit for _, limit in found] == limits


def test_what_the_system_grants_a_process_is_all_that_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (GIB // 2, GIB))
    assert machine._memory() == GIB // 2
    with pytest.raises(InputError, match=r"needs 1\.00 GiB of memory, and 0\.50 GiB are free"):
        machine.check_memory(tmp_path)
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (machine.resource.RLIM_INFINITY,) * 2)
    assert machine._memory() > GIB


def test_what_other_programs_have_of_the_memory_is_not_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in {
        "own": "0::/a", "info": "MemTotal: 9 kB\nMemAvailable:    8388608 kB\n", "memory.max": str(4 * GIB),
        "memory.current": str(3 * GIB), "memory.stat": f"anon 5\ninactive_file {GIB}\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(machine, "_memory", lambda: 20 * GIB)
    monkeypatch.setattr(machine, "OWN_GROUPS", tmp_path / "own")
    for groups, free in ((tmp_path / "none", 8 * GIB), (tmp_path, 2 * GIB)):
        monkeypatch.setattr(machine, "GROUPS", groups)
        monkeypatch.setattr(machine, "MEMORY_INFO", tmp_path / "info")
        assert machine._free() == free
    monkeypatch.setenv("MEMORY_LIMIT", "2GiB")
    machine.check_memory(tmp_path)
    (tmp_path / "gone.xlsx").symlink_to(tmp_path / "none.xlsx")
    machine.check_memory(tmp_path)
    with (tmp_path / "members.xlsx").open("wb") as file:
        file.truncate(GIB // 20)
    with pytest.raises(InputError, match=r"needs 3\.00 GiB of memory, and may use 2\.00 GiB: raise MEMORY_LIMIT"):
        machine.check_memory(tmp_path)
    monkeypatch.setenv("MEMORY_LIMIT", "4GiB")
    with pytest.raises(InputError, match=r"needs 3\.00 GiB of memory, and 2\.00 GiB are free"):
        machine.check_memory(tmp_path)


@pytest.mark.parametrize(("limit", "processes", "database"), [("2GiB", 3, "848.0 MiB"), ("10GiB", 8, "6.0 GiB")])
def test_a_database_keeps_to_what_the_other_processes_leave(
    monkeypatch: pytest.MonkeyPatch, limit: str, processes: int, database: str
) -> None:
    monkeypatch.setenv("MEMORY_LIMIT", limit)
    monkeypatch.setenv("THREADS", "8")
    assert machine.processes() == processes
    with duckdb.connect() as connection:
        machine.bound(connection)
        [(memory, threads)] = connection.execute(
            "select current_setting('memory_limit'), current_setting('threads')"
        ).fetchall()
    assert (memory, threads) == (database, 8)


def test_readers_of_the_warehouse_share_what_one_database_would_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEMORY_LIMIT", "2GiB")
    monkeypatch.setenv("THREADS", "2")
    warehouse = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    with open_warehouse(warehouse) as connection:
        [(memory, place)] = connection.execute(
            "select current_setting('memory_limit'), current_setting('temp_directory')"
        ).fetchall()
    # Two draw charts and write the report while this one exports; what each spills is its own.
    assert (memory, Path(place).name) == ("382.0 MiB", f"warehouse.duckdb.{os.getpid()}.tmp")


def test_a_reader_that_is_refused_memory_does_not_blame_the_warehouse(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    with pytest.raises(duckdb.OutOfMemoryException) as refusal, open_warehouse(warehouse) as connection:
        connection.execute("set memory_limit = '10MB'")
        connection.execute("select list(i) from range(5_000_000) as numbers (i)")
    assert str(sentence(refusal.value)).startswith("Memory ran out: ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("can't start new thread"), "Memory ran out: "),
        (OSError(11, "Resource temporarily unavailable"), "Memory ran out: "),
        (ImportError("libx.so: failed to map segment from shared object"), "Memory ran out: "),
        (MemoryError(), "Memory ran out: "),
        (OSError(28, "No space left on device", "place"), "The disk is full (place): "),
        (OSError(122, "Disk quota exceeded"), "The disk is full: "),
        (PermissionError(13, "Permission denied", "place"), "place cannot be used: Permission denied."),
    ],
)
def test_what_the_machine_refuses_is_a_sentence(error: Exception, said: str) -> None:
    assert str(sentence(error)).startswith(said)
    assert sentence(ValueError("a fault of the project")) is None


def test_a_build_stops_at_its_start_with_the_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEMORY_LIMIT", "much")
    with pytest.raises(InputError, match=r"^MEMORY_LIMIT is 'much' .* untouched\.$"):
        build({}, tmp_path, tmp_path / "warehouse.duckdb")
    assert not list(tmp_path.iterdir())
