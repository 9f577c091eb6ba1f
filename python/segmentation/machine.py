"""What a build may use of the machine: memory and threads of all its processes together.

The environment says it (MEMORY_LIMIT, THREADS); by default it is 70 % of the memory and every processor that this
process may use, also in a container with a limit of its own.
"""

import os
import re
import resource
from collections.abc import Iterator, Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from segmentation.disk import WORKBOOKS
from segmentation.errors import InputError

DEFAULT_SHARE = 0.7
GIB = 1 << 30
SMALLEST = GIB
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
# Python itself with dbt, or with scikit-learn and Matplotlib.
PROCESS = 300 << 20
# Of the memory for all; the features of the buyers and what is computed of them grow with the files.
LARGEST_DATABASE = 0.6
# A workbook is in memory whole: one of 195,000 rows takes 26 bytes for each of its own.
PER_WORKBOOK_BYTE = 40
MEMORY_INFO = Path("/proc/meminfo")
GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")


def memory_limit(environment: Mapping[str, str] = os.environ) -> int:
    """Return the bytes that all processes of a build may use together.

    Raises
    ------
    InputError
        If MEMORY_LIMIT is no amount of memory, or less than a build needs.
    """
    text = environment.get("MEMORY_LIMIT", "").strip()
    there = _memory()
    if not text:
        return max(int(there * DEFAULT_SHARE), SMALLEST)
    matched = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)\s*(?:(%)|([kmgt]i?)?b?)", text, re.IGNORECASE | re.ASCII)
    size = 0.0
    if matched:
        number, percent, unit = matched.groups()
        size = float(number) * (there / 100 if percent else UNITS[(unit or "").lower()])
    if size < SMALLEST:
        raise InputError(
            f"MEMORY_LIMIT is {text[:80]!r} but must be an amount of memory, at least 1 GiB, such as 8GB or 50%."
        )
    return int(size)


def threads(environment: Mapping[str, str] = os.environ) -> int:
    """Return the number of threads that a query, and of processes that the fits and charts may use.

    Raises
    ------
    InputError
        If THREADS is no whole number from 1 to 1024.
    """
    text = environment.get("THREADS", "").strip()
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not re.fullmatch(r"0*[1-9]\d{0,3}", text, re.ASCII) or int(text) > 1024:
        raise InputError(f"THREADS is {text[:80]!r} but must be a whole number from 1 to 1024.")
    return int(text)


def processes() -> int:
    """Return the number of worker processes: as many as threads, unless they would take half of the memory."""
    return max(1, min(threads(), memory_limit() // 2 // PROCESS))


def bound(connection: DuckDBPyConnection, databases: int = 1) -> None:
    """Keep one of so many DuckDBs at work to its part of what Python and the worker processes leave of the limit."""
    limit = memory_limit()
    memory = min(limit - PROCESS * (1 + processes()), int(limit * LARGEST_DATABASE)) // databases
    connection.execute(f"set memory_limit = '{memory >> 20} MiB'; set threads = {threads()}")
    # Python's DuckDB draws a bar under a query of two seconds, into a log too.
    connection.execute("set enable_progress_bar = false")


def check_memory(raw_dir: Path) -> None:
    """See whether a build of the raw files fits into what it may use of the memory and what others leave of it.

    Raises
    ------
    InputError
        If it does not; how much is needed is said.
    """
    workbooks = [
        path.stat().st_size for path in raw_dir.rglob("*") if path.suffix.lower() in WORKBOOKS and path.is_file()
    ]
    needed = SMALLEST + PER_WORKBOOK_BYTE * max(workbooks, default=0)
    if memory_limit() < needed:
        raise InputError(
            f"A build of these raw files needs {needed / GIB:,.2f} GiB of memory, and may use "
            f"{memory_limit() / GIB:,.2f} GiB: raise MEMORY_LIMIT, or save the largest workbook as csv."
        )
    if (free := _free()) < needed:
        raise InputError(
            f"A build of these raw files needs {needed / GIB:,.2f} GiB of memory, and {free / GIB:,.2f} GiB are free: "
            "end other programs, or take a larger machine."
        )


def _free() -> int:
    """Return the bytes that other programs leave, here and in the control groups; all where the system does not say."""
    free = [_memory()]
    found = re.search(r"^MemAvailable:\s*(\d+) kB$", _text(MEMORY_INFO), re.MULTILINE)
    free += [int(found[1]) << 10] if found else []
    for file, limit in _group_limits():
        used = file.with_name({"memory.max": "memory.current"}.get(file.name, "memory.usage_in_bytes"))
        cached = re.search(r"^(?:total_)?inactive_file (\d+)$", _text(file.with_name("memory.stat")), re.MULTILINE)
        free.append(limit - int(_text(used) or 0) + (int(cached[1]) if cached else 0))
    return min(free)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _memory() -> int:
    """Return the bytes that this machine or its container has, and that the system grants a process (`ulimit -v`)."""
    sizes = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    granted = resource.getrlimit(resource.RLIMIT_AS)[0]
    sizes += [granted] if granted != resource.RLIM_INFINITY else []
    return min([*sizes, *(limit for _, limit in _group_limits())])


def _group_limits() -> Iterator[tuple[Path, int]]:
    """Yield the limits of the control groups that this process is in, of version 1 and 2, and of those above them.

    Each with the file that says it.
    """
    for line in _text(OWN_GROUPS).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, name = GROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = GROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        own = Path(path.lstrip("/"))
        # In a container the path can be that of the host, and the group itself the root.
        for folder in (own, *own.parents):
            file = root / folder / name
            if (text := _text(file).strip()).isdigit():
                yield file, int(text)
