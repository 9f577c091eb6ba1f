"""Processes for work that threads of one process would only take turns at."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver

CORES = os.cpu_count() or 1


def load_ahead(modules: Sequence[str]) -> None:
    """Start to load, in the background, what the processes will need: it takes seconds."""
    forkserver.set_forkserver_preload(list(modules))
    forkserver.ensure_running()


def worker_processes() -> ProcessPoolExecutor:
    """One process per core, forked from one that has loaded what it was told to and nothing else.

    A fork of this process would share the threads of DuckDB and BLAS, which do not survive it.
    """
    return ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("forkserver"))
