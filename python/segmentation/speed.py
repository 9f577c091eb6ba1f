"""What saves time beside the work itself."""

import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import SpawnProcess
from pathlib import Path

from segmentation.errors import InputError
from segmentation.landing.land import land, working_file

CORES = os.cpu_count() or 1
HEAVY_MODULES = [
    "segmentation.charts.drawing",
    "segmentation.cluster_fits",
    "segmentation.cluster_matching",
    "segmentation.clv",
]


@contextmanager
def landing_process(warehouse: Path, retailer: str, raw_dir: Path) -> Iterator[SpawnProcess]:
    """Land the raw files in a process of its own, while this one loads dbt and parses the project on one core.

    Its exit code is 1 where a file cannot be used; it has said why. It ends with this block.
    """
    process = multiprocessing.get_context("spawn").Process(
        target=_land, args=(warehouse, retailer, raw_dir), daemon=True
    )
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join()


def _land(warehouse: Path, retailer: str, raw_dir: Path) -> None:
    try:
        with working_file(warehouse) as connection:
            print(land(connection, retailer, raw_dir), flush=True)
    except InputError as error:
        sys.exit(str(error))


def load_ahead() -> None:
    """Start to load, in the background, what the worker processes will need: it takes seconds."""
    forkserver.set_forkserver_preload(HEAVY_MODULES)
    forkserver.ensure_running()


def worker_processes() -> ProcessPoolExecutor:
    """One process per core, forked from one that has loaded the heavy modules and nothing else.

    A fork of this process would share the threads of DuckDB and BLAS, which do not survive it.
    """
    return ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("forkserver"))
