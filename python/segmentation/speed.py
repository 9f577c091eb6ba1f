"""What saves time beside the work itself, on two cores.

Worker processes that have loaded SciPy and scikit-learn: 4 to 8 s of 23 to 33 s (demo data; without them the fits hold
the lock of Python in dbt's own process). The landing beside dbt's start: at most the shorter of both, which take 7 s
for files of the contest's size and 3 to 8 s. Python's garbage collector: 1.5 of 10 s while dbt loads and parses, for
100 MB (it finds next to nothing, and walks through all nodes again and again).
"""

import gc
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from segmentation.errors import sentence
from segmentation.landing.land import land, working_file
from segmentation.leaving import end_with_parent, leave
from segmentation.machine import memory_limit, processes
from segmentation.progress import say

Run = Callable[..., Iterable[Any]]

FEW_ROWS = 10_000
LOADED_AHEAD_FROM = 2 << 30  # bytes that all processes may use
# The first one loads nothing.
HEAVY_MODULES = [
    "segmentation.forked_from",
    "segmentation.charts.drawing",
    "segmentation.cluster_fits",
    "segmentation.cluster_matching",
    "segmentation.clv",
    "segmentation.report.page",
]
_is_loaded_ahead = False


@contextmanager
def landing_process(warehouse: Path, retailer: str, raw_dir: Path) -> Iterator[SpawnProcess]:
    """Land the raw files in a process of its own, while this one loads dbt and parses the project on one core.

    Its exit code is 1 where a file cannot be used; it has said why. It ends with this block.
    """
    process = multiprocessing.get_context("spawn").Process(
        target=_land, args=(warehouse, retailer, raw_dir), daemon=True
    )
    with _deaf_to_the_keyboard():
        process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join()


@contextmanager
def _deaf_to_the_keyboard() -> Iterator[None]:
    """Start processes that a Ctrl-C does not reach: a signal ends this one only after the block, and they with it.

    A process that has been started by half would tell of it in a traceback.
    """
    # As it starts, it would let through what is held back here.
    resource_tracker.ensure_running()
    # The main thread handles what reaches any thread, even what it is deaf to itself.
    late: list[int] = []
    signals = {signal.SIGINT, signal.SIGTERM}
    handlers = {number: signal.signal(number, lambda number, _: late.append(number)) for number in signals}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for came in late:
            signal.raise_signal(came)


def leave_where_it_fails(process: SpawnProcess, said: str) -> threading.Thread:
    """Watch a process, from a thread that ends with it; where it fails, end this one at once, with a sentence."""

    def watch() -> None:
        connection.wait([process.sentinel])
        # It ends a moment before its exit code is known; another thread may ask for that too, and one of them gets it.
        while process.exitcode is None:
            process.join(0.01)
        # Libraries that are refused memory abort.
        if process.exitcode in (-signal.SIGKILL, -signal.SIGABRT):
            print("The reading of the raw files was killed, as happens where memory runs out.", file=sys.stderr)
        # Leaving `landing_process` early ends it with SIGTERM: that is no failure.
        if process.exitcode and process.exitcode != -signal.SIGTERM:
            leave(said, 1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    return watcher


def _land(warehouse: Path, retailer: str, raw_dir: Path) -> None:
    end_with_parent()
    try:
        with working_file(warehouse) as connection:
            # Where nobody reads any more, the build says so.
            say(land(connection, retailer, raw_dir))
    except Exception as error:
        if said := sentence(error):
            sys.exit(said)
        raise


@contextmanager
def without_collector() -> Iterator[None]:
    """Make objects that stay as long as the process, past the garbage collector, then and later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def load_ahead() -> None:
    """Start to load, in the background, what the worker processes will need: it takes seconds.

    What is loaded stays in memory to the end of the build; where there is little, workers load it when they need it.
    """
    global _is_loaded_ahead
    if memory_limit() < LOADED_AHEAD_FROM:
        return
    forkserver.set_forkserver_preload(HEAVY_MODULES)
    with _deaf_to_the_keyboard():
        forkserver.ensure_running()
    _is_loaded_ahead = True


def worker_processes() -> ProcessPoolExecutor:
    """Processes within the limits of the machine, forked from one that has loaded the heavy modules and nothing else.

    A fork of this process would share the threads of DuckDB and BLAS, which do not survive it.
    """
    forking = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(processes(), mp_context=forking, initializer=end_with_parent)


@contextmanager
def workers(rows: int) -> Iterator[Run]:
    """Yield a map that has its work done in worker processes, or here where few rows do not make up for their start."""
    if rows <= FEW_ROWS and not _is_loaded_ahead:
        yield map
    else:
        with worker_processes() as pool:
            yield pool.map
